package redis.benchmark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// A row of the benchmark that asks for 16 keys at once.
@Tag("exercise")
class Exercise1MultiGetTest {

    private static final Pattern KEY = Pattern.compile("\\$27\r\n(byor-benchmark:\\d{12})\r\n");

    private static Workload row(String... options) {
        var all = new ArrayList<>(List.of("--tests", "mget"));
        all.addAll(List.of(options));
        var rows = Options.parse(all.toArray(String[]::new)).workloads();
        assertThat(rows).hasSize(1);
        return rows.getFirst();
    }

    private static String next(Requests requests) {
        var out = ByteBuffer.allocate(requests.maxLength());
        requests.putNext(out);
        return new String(out.array(), 0, out.position(), StandardCharsets.US_ASCII);
    }

    private static List<String> keys(String request) {
        return KEY.matcher(request).results().map(result -> result.group(1)).toList();
    }

    @Test
    void isARowAsTheOthers() {
        var row = row("--clients", "7", "--rate", "1000", "--keyspace", "20");
        assertThat(row.id()).isEqualTo("mget");
        assertThat(row.clients()).isEqualTo(7);
        assertThat(row.pipeline()).isEqualTo(1);
        assertThat(row.rate()).isEqualTo(1000);
        assertThat(row.keyspace()).isEqualTo(20);
        assertThat(row.setting()).isEqualTo(Workload.Setting.PLAIN);
        assertThat(row.target()).as("nobody has promised anything").isNull();
        assertThat(row.title()).isNotBlank();
        assertThat(row.about()).isNotBlank();
    }

    @Test
    void aRequestNamesSixteenKeys() {
        var request = next(row().requests(32));
        assertThat(request).startsWith("*17\r\n$4\r\nMGET\r\n$27\r\nbyor-benchmark:");
        assertThat(request).hasSize("*17\r\n$4\r\nMGET\r\n".length() + 16 * "$27\r\nbyor-benchmark:000000000000\r\n".length());
        assertThat(keys(request)).hasSize(16);
        assertThat(row().requests(1_000).maxLength()).as("whatever the size of the values").isEqualTo(request.length());
    }

    /// Otherwise one row would have more luck with the caches than the other.
    @Test
    void theKeysAreThoseOfTheRowsWithGet() {
        var mget = row("--keyspace", "1000").requests(32);
        var get = Options.parse("--tests", "pipelined-16-get", "--keyspace", "1000").workloads().getFirst().requests(32);
        for (int round = 0; round < 100; round++) {
            var expected = new ArrayList<String>();
            for (int i = 0; i < 16; i++) expected.addAll(keys(next(get)));
            assertThat(keys(next(mget))).isEqualTo(expected);
        }
    }

    @Test
    void itsReplyCountsOnceAndItsMissesAreSeen() throws Exception {
        var requests = row().requests(32);
        var values = "$1\r\nv\r\n".repeat(15) + "$-1\r\n";
        try (var server = new FakeServer(requests, (_, out) -> out.write(("*16\r\n" + values).getBytes(StandardCharsets.US_ASCII)));
                var load = Load.open(server.address(), 2)) {
            assertThat(load.closedLoop(requests, 1, Extent.ofRequests(50)).replies).isEqualTo(50);
            assertThat(load.nulls()).isEqualTo(50);
        }
    }
}
