package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// MONITOR: whoever says so is told of every command that is carried out.
@Tag("exercise")
class Exercise2MonitorTest extends AcceptanceTest {

    private static TestClient monitor(TestClient client) throws IOException {
        client.call("MONITOR").isOk();
        return client;
    }

    /// Asserts that the next line tells of this command, its words as Redis writes them.
    private static void assertTold(TestClient monitor, String command) {
        monitor.read().satisfies(reply -> assertThat(reply).isInstanceOfSatisfying(Resp.SimpleString.class, line ->
                assertThat(line.text()).matches("\\d{10}\\.\\d{6} \\[0 [0-9.:]+:\\d+] .*").endsWith("] " + command)));
    }

    @Test
    void tellsOfCommandsInTheirOrder() throws IOException {
        try (var monitor = monitor(connect()); var another = monitor(connect())) {
            redis.call("set", "k", "v").isOk();
            redis.call("GET", "k").is("v");
            redis.call("PING").satisfies(_ -> {});
            for (var client : List.of(monitor, another)) {
                assertTold(client, "\"set\" \"k\" \"v\"");
                assertTold(client, "\"GET\" \"k\"");
                assertTold(client, "\"PING\"");
            }
        }
    }

    @Test
    void escapesWhatIsNotPrintable() throws IOException {
        try (var monitor = monitor(connect())) {
            redis.sendRaw("*2\r\n$4\r\nECHO\r\n$15\r\na b\"\\\r\n\t\u0007\b\0\u007f\u00c3\u00bc'\r\n").read().satisfies(_ -> {});
            assertTold(monitor, "\"ECHO\" \"a b\\\"\\\\\\r\\n\\t\\a\\b\\x00\\x7f\\xc3\\xbc'\"");
        }
    }

    /// What is refused is not carried out. What is carried out and fails is.
    @Test
    void tellsNothingOfWhatIsRefusedOrForAdministrators() throws IOException {
        try (var monitor = monitor(connect())) {
            redis.call("SET", "text", "not a number").isOk();
            redis.call("NOSUCH").satisfies(_ -> {});
            redis.call("GET").isError("ERR wrong number of arguments for 'get' command");
            redis.call("CONFIG", "GET", "port").satisfies(_ -> {});
            redis.call("INCR", "text").isError("ERR value is not an integer or out of range");
            assertTold(monitor, "\"SET\" \"text\" \"not a number\"");
            assertTold(monitor, "\"INCR\" \"text\"");
        }
    }

    /// The order of execution is one for all clients, and every monitor sees this one.
    @Test
    void allMonitorsSeeTheSameOrder() throws Exception {
        int requests = 500;
        try (var monitor = monitor(connect()); var another = monitor(connect()); var a = connect(); var b = connect()) {
            for (int i = 0; i < requests; i++) {
                a.send("INCR", "n");
                b.send("GET", "n");
            }
            for (int i = 0; i < requests; i++) {
                a.read().is(i + 1);
                b.read().satisfies(_ -> {});
            }
            assertThat(lines(monitor, 2 * requests)).isEqualTo(lines(another, 2 * requests));
        }
    }

    private static List<String> lines(TestClient monitor, int number) {
        var lines = new ArrayList<String>();
        for (int i = 0; i < number; i++) lines.add(monitor.read().text());
        return lines;
    }

    @Test
    void endsWithReset() throws IOException {
        try (var monitor = monitor(connect())) {
            redis.call("SET", "k", "1").isOk();
            assertTold(monitor, "\"SET\" \"k\" \"1\"");
            assertThat(monitor.call("RESET").text()).isEqualTo("RESET");
            redis.call("SET", "k", "2").isOk();
            monitor.call("GET", "k").is("2");
        }
    }

    /// All that a client is to get leaves in the order in which it came about, lines and messages alike.
    @Test
    void aMonitorMayListenToChannelsToo() throws IOException {
        try (var client = connect()) {
            client.call("HELLO", "3").satisfies(_ -> {});
            monitor(client);
            client.call("SUBSCRIBE", "news").is(push(Resp.bulk("subscribe"), Resp.bulk("news"), Resp.integer(1)));
            assertTold(client, "\"SUBSCRIBE\" \"news\"");
            redis.call("PUBLISH", "news", "hello").is(1);
            client.read().is(push(Resp.bulk("message"), Resp.bulk("news"), Resp.bulk("hello")));
            assertTold(client, "\"PUBLISH\" \"news\" \"hello\"");
        }
    }

    private static Resp push(Resp... elements) {
        return new Resp.Push(List.of(elements));
    }
}
