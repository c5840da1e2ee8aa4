package redis.server;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ServerConfigTest {

    @Test
    void listensOnThisMachineOnlyUnlessToldOtherwise() {
        assertThat(ServerConfig.parse().bind.get()).isEqualTo("127.0.0.1");
        assertThat(ServerConfig.parse().port.get()).isEqualTo(6380);
    }

    @Test
    void takesOptionsInAnyOrderAndTheLastOfEach() {
        var config = ServerConfig.parse("--port", "7000", "--bind", "0.0.0.0", "--port", "65535");
        assertThat(config.bind.get()).isEqualTo("0.0.0.0");
        assertThat(config.port.get()).isEqualTo(65_535);
    }

    @Test
    void givesNothingWhenAskedForHelp() {
        assertThat(ServerConfig.parse("--help")).isNull();
        assertThat(ServerConfig.parse("--port", "7000", "--help")).isNull();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "100, 100", "1b, 1", "1k, 1000", "1kb, 1024", "2M, 2000000", "2mB, 2097152", "1g, 1000000000", "1gb, 1073741824"})
    void countsMemoryInBytes(String text, long bytes) {
        assertThat(ServerConfig.parse("--auto-aof-rewrite-min-size", text).autoAofRewriteMinSize.get()).isEqualTo(bytes);
    }

    @Test
    void namesEveryOptionInItsUsage() {
        assertThat(ServerConfig.USAGE).contains("--port", "--bind", "--help");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --prot 7000         | Unknown option --prot.
            6380                | Unknown option 6380.
            -h                  | Unknown option -h.
            --port              | --port needs a value.
            --bind :: --port    | --port needs a value.
            --port abc          | --port abc: argument couldn't be parsed into an integer.
            --port -1           | --port -1: argument must be between 0 and 65535 inclusive.
            --port 65536        | --port 65536: argument must be between 0 and 65535 inclusive.
            --port 99999999999  | --port 99999999999: argument must be between 0 and 65535 inclusive.
            --appendonly maybe  | --appendonly maybe: argument must be 'yes' or 'no'.
            --appendfsync often | --appendfsync often: argument(s) must be one of the following: everysec, always, no.
            --appendfilename a/b | --appendfilename a/b: appendfilename can't be a path, just a filename.
            --auto-aof-rewrite-min-size 64xb | --auto-aof-rewrite-min-size 64xb: argument must be a memory value.
            --save 60           | --save 60: Invalid save parameters.
            --databases 16      | --databases 16: this server knows "1" only.
            """)
    void saysWhatIsWrong(String arguments, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse(arguments.split(" "))).withMessage(message);
    }
}
