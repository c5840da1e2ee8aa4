package redis.server;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ServerConfigTest {

    @Test
    void listensOnThisMachineOnlyUnlessToldOtherwise() {
        assertThat(ServerConfig.parse().bind()).isEqualTo("127.0.0.1");
        assertThat(ServerConfig.parse().port()).isEqualTo(6380);
    }

    @Test
    void takesOptionsInAnyOrderAndTheLastOfEach() {
        var config = ServerConfig.parse("--port", "7000", "--bind", "0.0.0.0", "--port", "65535");
        assertThat(config.bind()).isEqualTo("0.0.0.0");
        assertThat(config.port()).isEqualTo(65_535);
    }

    @Test
    void givesNothingWhenAskedForHelp() {
        assertThat(ServerConfig.parse("--help")).isNull();
        assertThat(ServerConfig.parse("--port", "7000", "--help")).isNull();
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
            --port abc          | --port takes a number from 0 to 65535, not 'abc'.
            --port -1           | --port takes a number from 0 to 65535, not '-1'.
            --port 65536        | --port takes a number from 0 to 65535, not '65536'.
            --port 99999999999  | --port takes a number from 0 to 65535, not '99999999999'.
            """)
    void saysWhatIsWrong(String arguments, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse(arguments.split(" "))).withMessage(message);
    }
}
