package redis.benchmark;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class OptionsTest {

    @Test
    void withoutOptionsOursIsStartedAndComparedWithRedis() {
        var options = Options.parse();
        assertThat(options.server()).isNull();
        assertThat(options.against()).isNull();
        assertThat(options.round()).isEqualTo(Extent.of(Duration.ofSeconds(1)));
        assertThat(options.workloads()).extracting(Workload::id).containsExactly("sequential-get", "sequential-set", "concurrent-get", "concurrent-set",
                "pipelined-16-get", "pipelined-16-set", "pipelined-100-get", "pipelined-100-set", "mixed", "aof-everysec", "aof-always", "pubsub", "bgsave");
    }

    @Test
    void namesAnyTwoServers() {
        var options = Options.parse("--port", "7000", "--against", "127.0.0.1:7001");
        assertThat(options.server().getPort()).isEqualTo(7000);
        assertThat(options.server().getAddress().isLoopbackAddress()).isTrue();
        assertThat(options.against().getPort()).isEqualTo(7001);
        assertThat(Options.parse("--host", "127.0.0.2").server().toString()).endsWith("127.0.0.2:6380");
    }

    @Test
    void shapesTheLoad() {
        var options = Options.parse("--clients", "7", "--pipeline", "5", "--rate", "1000", "--data-size", "10", "--keyspace", "20", "--tests", "pipelined,sequential-get");
        assertThat(options.workloads()).extracting(Workload::id).containsExactly("sequential-get", "pipelined-5-get", "pipelined-5-set");
        assertThat(options.workloads()).extracting(Workload::clients).containsExactly(1, 7, 7);
        assertThat(options.workloads()).extracting(Workload::rate).containsOnly(1000.0);
        assertThat(options.workloads()).extracting(Workload::keyspace).containsOnly(20);
    }

    @Test
    void aNumberOfRequestsReplacesTheTimeUnlessBothAreGiven() {
        assertThat(Options.parse("--requests", "500").round()).isEqualTo(Extent.ofRequests(500));
        assertThat(Options.parse("--requests", "500", "--duration", "2.5").round()).isEqualTo(new Extent(500, 2_500_000_000L));
    }

    @Test
    void snapshotsAreMeasuredAtARateAndWithMoreKeys() {
        var row = Options.parse("--tests", "bgsave", "--keyspace", "300").workloads().getFirst();
        assertThat(row.rate()).isPositive();
        assertThat(row.keyspace()).isEqualTo(3000);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '\'', value = {
            "--client 5,              Unknown option --client.",
            "5,                       Unknown option 5.",
            "--clients,               --clients needs a value.",
            "--clients many,          --clients many: must be a whole number.",
            "--clients 0,             --clients 0: must be from 1 to 10000.",
            "--port 70000,            --port 70000: must be from 1 to 65535.",
            "--duration soon,         --duration soon: must be a number of seconds.",
            "--duration 0,            --duration 0: must be from 0.01 to 86400 seconds.",
            "--against 6379,          --against 6379: must be HOST:PORT.",
            "--against localhost:x,   --against x: must be a whole number.",
            "'--pipeline 16,,2',      '--pipeline : must be a whole number.'",
            "--keyspace 200000000,    --keyspace 200000000: must be from 1 to 100000000."})
    void saysWhatIsWrong(String line, String message) {
        assertThatThrownBy(() -> Options.parse(line.split(" "))).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void aRowThatIsNoneIsAnsweredWithThoseThatAre() {
        assertThatThrownBy(() -> Options.parse("--tests", "get")).hasMessageStartingWith("--tests get: there is no such row. There are: sequential-get, ");
    }

    @Test
    void theHelpTellsAllOptions() {
        assertThat(Options.parse("--clients", "5", "--help")).isNull();
        for (var option : List.of("--host", "--port", "--against", "--clients", "--pipeline", "--requests", "--duration", "--rate", "--data-size", "--keyspace",
                "--tests", "--rounds", "--warm-up", "--output", "--help")) {
            assertThat(Options.usage()).contains("\n  " + option);
        }
        assertThat(Options.usage()).contains("--clients 50").contains("(default 50)").doesNotContain("NUMBER)");
    }
}
