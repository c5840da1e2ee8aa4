package redis.server;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// The parameters of the network side, and what CONFIG does besides GET and SET. The server was started without a file.
class ConfigAcceptanceTest extends AcceptanceTest {

    @ParameterizedTest
    @CsvSource({"protected-mode, yes, no", "timeout, 0, 1000", "tcp-keepalive, 300, 0", "maxclients, 10000, 9000", "loglevel, notice, warning"})
    void canBeChanged(String parameter, String initial, String other) throws IOException {
        redis.call("CONFIG", "GET", parameter).is(List.of(parameter, initial));
        try {
            redis.call("CONFIG", "SET", parameter, other).isOk();
            redis.call("CONFIG", "GET", parameter).is(List.of(parameter, other));
            try (var client = connect()) {
                client.call("PING").is(new Resp.SimpleString("PONG"));
            }
        } finally {
            redis.call("CONFIG", "SET", parameter, initial).isOk();
        }
    }

    @ParameterizedTest
    @CsvSource({"tcp-backlog, 511", "pidfile, ''", "logfile, ''"})
    void cannotBeChanged(String parameter, String value) throws IOException {
        if (parameter.equals("tcp-backlog")) redis.call("CONFIG", "GET", parameter).is(List.of(parameter, value));
        redis.call("CONFIG", "SET", parameter, value)
                .isError("ERR CONFIG SET failed (possibly related to argument '" + parameter + "') - can't set immutable config");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            timeout        | -1   | argument must be between 0 and 2147483647 inclusive
            tcp-keepalive  | x    | argument couldn't be parsed into an integer
            protected-mode | on   | argument must be 'yes' or 'no'
            loglevel       | loud | argument(s) must be one of the following: debug, verbose, notice, warning
            """)
    void saysWhatIsWrong(String parameter, String value, String reason) throws IOException {
        redis.call("CONFIG", "SET", parameter, value)
                .isError("ERR CONFIG SET failed (possibly related to argument '" + parameter + "') - " + reason);
    }

    @Test
    void thereIsNoFileToBeRewritten() throws IOException {
        redis.call("CONFIG", "REWRITE").isError("ERR The server is running without a config file");
        assertThat(redis.call("INFO", "server").text()).contains("config_file:\r\n");
    }

    @ParameterizedTest
    @CsvSource({"REWRITE, rewrite", "RESETSTAT, resetstat"})
    void takeNoArguments(String subcommand, String name) throws IOException {
        redis.call("CONFIG", subcommand, "x").isError("ERR wrong number of arguments for 'config|" + name + "' command");
    }

    @Test
    void statisticsBeginAgain() throws IOException {
        redis.call("SET", "k", "v", "PX", "1").isOk();
        while (!"none".equals(redis.call("TYPE", "k").text())) Thread.onSpinWait();
        connect().close();
        assertThat(stat("total_connections_received")).isGreaterThan(1);
        assertThat(stat("total_commands_processed")).isGreaterThan(2);
        redis.call("CONFIG", "RESETSTAT").isOk();
        assertThat(stat("total_connections_received")).isZero();
        assertThat(stat("total_commands_processed")).isBetween(1L, 3L);
        assertThat(stat("expired_keys")).isZero();
        assertThat(stat("rejected_connections")).isZero();
        assertThat(stat("sync_full")).isZero();
        connect().close();
        redis.call("PING").is(new Resp.SimpleString("PONG"));
        assertThat(stat("total_commands_processed")).isGreaterThan(4);
        try (var other = connect()) {
            other.call("PING").is(new Resp.SimpleString("PONG"));
            assertThat(stat("total_connections_received")).isPositive();
        }
    }

    private long stat(String field) throws IOException {
        return redis.call("INFO", "stats").text().lines().filter(line -> line.startsWith(field + ":"))
                .mapToLong(line -> Long.parseLong(line.substring(field.length() + 1))).findFirst().orElseThrow();
    }
}
