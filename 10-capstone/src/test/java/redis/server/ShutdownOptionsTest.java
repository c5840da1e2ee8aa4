package redis.server;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;
import redis.server.ShutdownOptions.Option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ShutdownOptionsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            default          | default
            Default now      | now
            nosave now force | nosave now force
            force nosave     | nosave force
            NOW  Now         | now
            save             | save
            """)
    void readsAParameter(String text, String shown) {
        assertThat(ShutdownOptions.parse(text).text()).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''          | argument(s) must be one of the following: default, save, nosave, now, force
            abort       | argument(s) must be one of the following: default, save, nosave, now, force
            save nosave | shutdown options SAVE and NOSAVE can't be used simultaneously
            nosave save | shutdown options SAVE and NOSAVE can't be used simultaneously
            """)
    void refusesAParameter(String text, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> ShutdownOptions.parse(text)).withMessage(message);
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse("--shutdown-on-sigterm", text))
                .withMessage("--shutdown-on-sigterm %s: %s.".formatted(text, message));
    }

    @Test
    void readsTheWordsOfACommand() {
        assertThat(command("")).isEqualTo(ShutdownOptions.of());
        assertThat(command("NoSave now FORCE")).isEqualTo(ShutdownOptions.of(Option.NOSAVE, Option.NOW, Option.FORCE));
        assertThat(command("save save")).isEqualTo(ShutdownOptions.of(Option.SAVE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "abort", "foo", "save nosave", "now nosave save", "now x"})
    void refusesACommand(String words) {
        assertThatExceptionOfType(CommandException.class).isThrownBy(() -> command(words)).withMessage("ERR syntax error");
    }

    private static ShutdownOptions command(String words) {
        return ShutdownOptions.parse(Arrays.stream(words.split(" ")).filter(word -> !word.isEmpty()).map(ByteString::of).toList());
    }

    @ParameterizedTest
    @CsvSource({"default, '60 1', true", "default, '', false", "save, '', true", "nosave, '60 1', false", "now force, '60 1', true"})
    void savesWhereSavePointsSayOrItIsAskedTo(String text, String points, boolean saves) {
        assertThat(ShutdownOptions.parse(text).save(SavePoints.parse(points))).isEqualTo(saves);
    }
}
