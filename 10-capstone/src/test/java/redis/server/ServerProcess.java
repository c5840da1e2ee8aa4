package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// Our server in a JVM of its own, which a test can kill.
final class ServerProcess implements AutoCloseable {

    private static final int TIMEOUT_SECONDS = 60;

    private static final Pattern LISTENING = Pattern.compile("Listening on 127\\.0\\.0\\.1:(\\d+)(\\.| and ).*");

    private final Process process;
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Integer> port = new CompletableFuture<>();

    private ServerProcess(List<String> command) throws IOException {
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Thread.ofVirtual().start(this::readLog);
    }

    /// Returns when the log has been loaded.
    ///
    /// @param options as on the command line
    static ServerProcess start(Path directory, String... options) throws Exception {
        return startUnder(List.of(), directory, options);
    }

    /// One that is configured by a file.
    static ServerProcess startWith(Path file, Path directory, String... options) throws Exception {
        return startUnder(List.of(), file, directory, options);
    }

    /// @param wrapper a program that becomes the server, such as `prlimit`, with its arguments
    static ServerProcess startUnder(List<String> wrapper, Path directory, String... options) throws Exception {
        var all = new ArrayList<>(List.of("--appendonly", "yes"));
        all.addAll(List.of(options));
        return startUnder(wrapper, null, directory, all.toArray(String[]::new));
    }

    private static ServerProcess startUnder(List<String> wrapper, Path file, Path directory, String... options) throws Exception {
        var command = new ArrayList<>(wrapper);
        command.addAll(command());
        if (file != null) command.add(file.toString());
        command.addAll(List.of("--port", "0", "--dir", directory.toString()));
        command.addAll(List.of(options));
        var server = new ServerProcess(command);
        try {
            server.port.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            return server;
        } catch (Exception e) {
            server.kill();
            throw new AssertionError("The server does not start:\n" + String.join("\n", server.log), e);
        }
    }

    /// The command line that starts our server, without any option.
    static List<String> command() {
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx256m",
                "-cp", System.getProperty("java.class.path"), "redis.server.Main");
    }

    private void readLog() {
        try (var lines = process.inputReader()) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                log.add(line);
                var listening = LISTENING.matcher(line);
                if (listening.matches()) port.complete(Integer.valueOf(listening.group(1)));
            }
        } catch (IOException e) {
            log.add(e.toString());
        }
        port.completeExceptionally(new IOException("it has ended"));
    }

    TestClient connect() throws IOException {
        return new TestClient(address());
    }

    InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", port());
    }

    int port() {
        return port.join();
    }

    long pid() {
        return process.pid();
    }

    /// What it has printed so far.
    List<String> log() {
        return log;
    }

    /// Sends it a signal: `TERM`.
    void signal(String name) throws Exception {
        Programs.run("", "kill", "-" + name, Long.toString(pid()));
    }

    /// Waits for its end.
    ///
    /// @return its exit status
    int awaitExit(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("The server has not ended after " + limit + ":\n" + String.join("\n", log));
        }
        return process.exitValue();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// kill -9: it can do nothing about it. Returns when it is gone.
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
