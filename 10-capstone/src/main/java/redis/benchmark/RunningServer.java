package redis.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redis.resp.Resp;
import redis.resp.RespClient;

/// A server that answers: one that was started for the benchmark, and keeps its files in a temporary directory, or one that was there before.
final class RunningServer implements AutoCloseable {

    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(5);
    private static final int LAST_LINES = 5;
    private static final int DELETED_AT_ONCE = 500;

    final InetSocketAddress address;
    private final Process process; // null if it was there before
    private final Path directory; // null likewise
    private int keys; // that were written to it, counted from the first

    private RunningServer(InetSocketAddress address, Process process, Path directory) {
        this.address = address;
        this.process = process;
        this.directory = directory;
    }

    /// One that was there before: it is not stopped, and loses no more than the benchmark's own keys.
    static RunningServer existing(InetSocketAddress address) {
        return new RunningServer(address, null, null);
    }

    /// Returns when it answers.
    ///
    /// @param port 0 for a free one
    /// @throws LoadException if it does not start; the message has the last lines of its log
    static RunningServer start(Launch launch, int port, List<String> options) throws IOException, InterruptedException {
        var address = new InetSocketAddress("127.0.0.1", port == 0 ? freePort() : port);
        var directory = Files.createTempDirectory("benchmark");
        var command = new ArrayList<>(launch.command());
        command.addAll(List.of("--port", Integer.toString(address.getPort()), "--bind", "127.0.0.1", "--dir", directory.toString()));
        command.addAll(options);
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(directory.resolve("log").toFile()).start();
        } catch (IOException e) {
            deleteAll(directory);
            throw e;
        }
        var server = new RunningServer(address, process, directory);
        try {
            server.awaitAnswer(String.join(" ", command));
            return server;
        } catch (IOException | InterruptedException e) {
            server.close();
            throw e;
        }
    }

    static boolean isFree(int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private void awaitAnswer(String command) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (System.nanoTime() - start < START_TIMEOUT.toNanos()) {
            if (hasEnded()) throw new LoadException("it does not start: " + command + lastWords());
            try (var client = RespClient.connect(address, END_TIMEOUT)) {
                if (client.call("PING") instanceof Resp.SimpleString) return;
            } catch (IOException e) {
                // it does not listen yet
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new LoadException("it has not answered for %d s: %s%s".formatted(START_TIMEOUT.toSeconds(), command, lastWords()));
    }

    boolean isOwn() {
        return process != null;
    }

    /// Whether it was started here and is no more.
    boolean hasEnded() {
        return isOwn() && !process.isAlive();
    }

    /// The end of the log of a server that was started here, for a message.
    String lastWords() {
        if (!isOwn()) return "";
        try {
            var lines = Files.readAllLines(directory.resolve("log"));
            if (lines.isEmpty()) return "";
            return "\n    " + String.join("\n    ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
        } catch (IOException e) {
            return "\n    (its log cannot be read: " + e.getMessage() + ")";
        }
    }

    /// How it ended, if it did: a server that goes away in mid-run leaves no more than a lost connection.
    String obituary() throws InterruptedException {
        if (!isOwn() || !process.waitFor(500, TimeUnit.MILLISECONDS)) return "";
        return "; it has ended with status " + process.exitValue() + lastWords();
    }

    /// CPU time so far, in seconds; NaN if it is not known.
    double cpuSeconds() throws IOException {
        if (isOwn()) return process.info().totalCpuDuration().map(duration -> duration.toNanos() / 1e9).orElse(Double.NaN);
        try (var client = RespClient.connect(address, END_TIMEOUT)) {
            return Double.parseDouble(ServerFacts.field(client, "cpu", "used_cpu_user"))
                    + Double.parseDouble(ServerFacts.field(client, "cpu", "used_cpu_sys"));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /// How much of its memory is in RAM, in bytes. For a server that was started here.
    long residentBytes() throws IOException {
        var ps = new ProcessBuilder("ps", "-o", "rss=", "-p", Long.toString(process.pid())).redirectErrorStream(true).start();
        var output = new String(ps.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        if (!output.matches("\\d+")) throw new IOException("ps does not tell how much memory a process has: " + output);
        return Long.parseLong(output) << 10;
    }

    /// Whether it holds the keys from the first to this one.
    boolean isFilled(int keyspace) {
        return keys >= keyspace;
    }

    /// Sets the keys from the first to this one.
    void fill(int keyspace, int dataSize) throws IOException, InterruptedException {
        if (isFilled(keyspace)) return;
        keys = keyspace; // from now on there may be some to delete
        try (var load = Load.open(address, 4)) {
            load.closedLoop(Requests.set(Keys.all(keyspace), dataSize), 100, Extent.ofRequests(keyspace));
        }
    }

    /// Ends it if it was started here; if not, deletes the keys that were written to it. Closing it again does nothing.
    @Override
    public void close() throws IOException {
        if (isOwn()) {
            process.destroy();
            process.onExit().orTimeout(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).exceptionally(_ -> process.destroyForcibly()).join();
            process.onExit().join();
            deleteAll(directory);
        } else if (keys > 0) {
            deleteKeys();
            keys = 0;
        }
    }

    private void deleteKeys() throws IOException {
        try (var client = RespClient.connect(address, END_TIMEOUT)) {
            for (int first = 0; first < keys; first += DELETED_AT_ONCE) {
                var request = new ArrayList<String>();
                request.add("DEL");
                for (int key = first; key < Math.min(keys, first + DELETED_AT_ONCE); key++) request.add(Requests.key(key));
                client.call(request.toArray(String[]::new));
            }
        }
    }

    private static void deleteAll(Path directory) throws IOException {
        if (!Files.exists(directory)) return;
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }
}
