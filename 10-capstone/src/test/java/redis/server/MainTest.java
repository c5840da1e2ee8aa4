package redis.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/// The program as one starts it in a shell: a JVM of its own.
class MainTest {

    @Test
    void saysWhereItListensAndServesUntilItIsStopped() throws Exception {
        var process = start("--port", "0", "--save", "");
        try (var out = process.inputReader()) {
            var line = Pattern.compile("Listening on 127\\.0\\.0\\.1:(\\d+)\\. Try: .*\\1").matcher(out.readLine());
            assertThat(line.matches()).isTrue();
            new Socket("127.0.0.1", Integer.parseInt(line.group(1))).close();
            assertThat(process.isAlive()).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest
    @CsvSource({
            "127.0.0.1,   redis-cli -p 7000",
            "0.0.0.0,     redis-cli -p 7000",
            "192.168.1.5, redis-cli -h 192.168.1.5 -p 7000",
            "::1,         redis-cli -h ::1 -p 7000"})
    void saysWhatToType(String bind, String command) {
        assertThat(Main.greeting(List.of(bind), 7000)).isEqualTo("Listening on " + bind + ":7000. Try: " + command);
    }

    @Test
    void saysAllAddresses() {
        assertThat(Main.greeting(List.of("127.0.0.1", "::1"), 7000)).isEqualTo("Listening on 127.0.0.1:7000 and ::1:7000. Try: redis-cli -p 7000");
    }

    @Test
    void aTakenPortEndsItWithOneLine() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            var port = other.getLocalPort();
            var run = run("--port", Integer.toString(port));
            assertThat(run.exitCode).isEqualTo(1);
            assertThat(run.out).isEmpty();
            assertThat(run.err).hasSize(1);
            assertThat(run.err.getFirst()).startsWith("Cannot listen on 127.0.0.1:" + port + ": ").endsWith("with --port.");
        }
    }

    @Test
    void anUnknownOptionEndsItWithOneLine() throws Exception {
        var run = run("--prot", "7000");
        assertThat(run.exitCode).isEqualTo(1);
        assertThat(run.out).isEmpty();
        assertThat(run.err).containsExactly("Unknown option --prot. Try --help.");
    }

    @Test
    void helpListsTheOptions() throws Exception {
        var run = run("--help");
        assertThat(run.exitCode).isEqualTo(0);
        assertThat(run.out).containsExactlyElementsOf(ServerConfig.USAGE.lines().toList());
        assertThat(run.err).isEmpty();
    }

    private record Run(int exitCode, List<String> out, List<String> err) {}

    private static Run run(String... args) throws IOException, InterruptedException {
        var process = start(args);
        try {
            var out = process.inputReader().readAllAsString();
            var err = process.errorReader().readAllAsString();
            return new Run(process.waitFor(), out.lines().toList(), err.lines().toList());
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start(String... args) throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "redis.server.Main"));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).start();
    }
}
