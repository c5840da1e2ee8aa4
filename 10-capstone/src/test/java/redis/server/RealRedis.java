package redis.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redis.resp.Resp;

/// A real redis-server of a test's own, on a port of this machine that was free. It writes no data to disk unless an option says so.
final class RealRedis implements AutoCloseable {

    private static final long START_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Path directory = Files.createTempDirectory("redis");
    private final InetSocketAddress address;
    private final Process process;

    private RealRedis(InetSocketAddress address, Path file, String... options) throws IOException {
        this.address = address;
        var command = new ArrayList<>(List.of("redis-server"));
        if (file != null) command.add(file.toString());
        command.addAll(List.of("--port", Integer.toString(address.getPort()), "--dir", directory.toString()));
        if (file == null) command.addAll(List.of("--bind", "127.0.0.1", "--save", "", "--appendonly", "no"));
        command.addAll(List.of(options));
        process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log().toFile()).start();
    }

    /// Returns when it answers. Skips the test where there is no redis-server, as [Programs#require(String...)] does.
    ///
    /// @param options as on its command line: `--maxmemory 1mb`
    static RealRedis start(String... options) throws IOException, InterruptedException {
        return startWith(null, options);
    }

    /// As [#start(String...)], configured by a file, and what it does not say by Redis's defaults.
    static RealRedis startWith(Path file, String... options) throws IOException, InterruptedException {
        Programs.require("redis-server");
        for (int attempt = 1; ; attempt++) { // somebody else may take the port before it does
            var redis = new RealRedis(freeAddress(), file, options);
            if (redis.answers()) return redis;
            var log = Files.readString(redis.log());
            redis.close();
            if (attempt == 3) throw new AssertionError("redis-server does not start:\n" + log);
        }
    }

    /// As [#start(String...)], on a port of the caller's choice.
    static RealRedis startOn(int port, String... options) throws IOException, InterruptedException {
        Programs.require("redis-server");
        var redis = new RealRedis(new InetSocketAddress("127.0.0.1", port), null, options);
        if (redis.answers()) return redis;
        var log = Files.readString(redis.log());
        redis.close();
        throw new AssertionError("redis-server does not start:\n" + log);
    }

    private static InetSocketAddress freeAddress() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    private boolean answers() throws InterruptedException {
        long start = System.nanoTime();
        while (process.isAlive() && System.nanoTime() - start < START_TIMEOUT_NANOS) {
            try (var client = new TestClient(address)) {
                return switch (client.call("INFO", "server").value()) {
                    case Resp.BulkString(var text) -> text.toString().contains("process_id:" + process.pid() + "\r\n");
                    case Resp.SimpleError(var message) -> message.startsWith("NOAUTH"); // it has a password
                    case null, default -> false;
                };
            } catch (IOException e) {
                TimeUnit.MILLISECONDS.sleep(10); // it does not listen yet
            }
        }
        return false;
    }

    InetSocketAddress address() {
        return address;
    }

    long pid() {
        return process.pid();
    }

    private Path log() {
        return directory.resolve("log");
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        process.onExit().orTimeout(10, TimeUnit.SECONDS).exceptionally(_ -> process.destroyForcibly()).join();
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }
}
