package redis.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

import static org.assertj.core.api.Assertions.assertThat;

/// Redis's own programs, run by tests.
final class Programs {

    private static final int TIMEOUT_SECONDS = 60;

    private Programs() {}

    /// Skips the test where a program is not installed; with `REQUIRE_REDIS=1` in the environment it fails instead.
    static void require(String... programs) {
        for (var program : programs) {
            boolean installed = Arrays.stream(System.getenv("PATH").split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
            if ("1".equals(System.getenv("REQUIRE_REDIS"))) assertThat(installed).as("%s is installed", program).isTrue();
            Assumptions.assumeTrue(installed, program + " is not installed (Debian: apt-get install redis-server redis-tools)");
        }
    }

    /// Runs a program to its end.
    ///
    /// @param input for its standard input
    /// @return what it printed, errors included
    static String run(String input, String... command) throws IOException, InterruptedException {
        var process = start(input, command);
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " has not ended after " + TIMEOUT_SECONDS + " s");
        }
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as("exit status of %s, which printed: %s", List.of(command), output).isZero();
        return output;
    }

    /// Starts a program; the caller ends it.
    static Process start(String input, String... command) throws IOException {
        var file = Files.createTempFile("input", null);
        Files.writeString(file, input);
        file.toFile().deleteOnExit();
        return new ProcessBuilder(command).redirectErrorStream(true).redirectInput(file.toFile()).start();
    }
}
