package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A server in this JVM that keeps its log in a directory of the test, and a client of it.
final class LocalServer implements AutoCloseable {

    private final RedisServer server;
    private final TestClient client;

    private LocalServer(RedisServer server) throws IOException {
        this.server = server;
        server.start();
        client = connect();
    }

    /// Returns when the log has been loaded.
    ///
    /// @param options as on the command line
    /// @throws IOException if it cannot be
    static LocalServer start(Path directory, String... options) throws IOException {
        return start(InstantSource.system(), directory, options);
    }

    static LocalServer start(InstantSource clock, Path directory, String... options) throws IOException {
        return new LocalServer(new RedisServer(config(directory, options), clock));
    }

    /// As [#start(Path, String...)], with the log on, unless an option says otherwise.
    static LocalServer withLog(Path directory, String... options) throws IOException {
        return withLog(InstantSource.system(), directory, options);
    }

    static LocalServer withLog(InstantSource clock, Path directory, String... options) throws IOException {
        return new LocalServer(new RedisServer(configWithLog(directory, options), clock));
    }

    static ServerConfig configWithLog(Path directory, String... options) {
        var all = new ArrayList<>(List.of("--appendonly", "yes", "--aof-use-rdb-preamble", "no"));
        all.addAll(List.of(options));
        return config(directory, all.toArray(String[]::new));
    }

    static ServerConfig config(Path directory, String... options) {
        var arguments = new ArrayList<>(List.of("--port", "0", "--dir", directory.toString()));
        arguments.addAll(List.of(options));
        return ServerConfig.parse(arguments.toArray(String[]::new));
    }

    InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", server.port());
    }

    TestClient connect() throws IOException {
        return new TestClient(address());
    }

    Reply call(String... words) throws IOException {
        return client.call(words);
    }

    TestClient client() {
        return client;
    }

    /// All that it holds, as [Dataset#of(TestClient)].
    Map<String, String> dataset() throws IOException {
        return Dataset.of(client);
    }

    /// A field of INFO; null if there is none.
    String info(String field) throws IOException {
        return client.call("INFO").text().lines().filter(line -> line.startsWith(field + ":")).findFirst()
                .map(line -> line.substring(field.length() + 1)).orElse(null);
    }

    /// Rewrites the log, and returns when that has come to an end, good or bad.
    void rewriteLog() throws Exception {
        call("BGREWRITEAOF").satisfies(reply -> {});
        awaitRewrite();
    }

    void awaitRewrite() throws Exception {
        Eventually.becomesTrue("the rewrite ends", () -> "0".equals(info("aof_rewrite_in_progress")));
    }

    /// Ends it in good order: all that was logged is on disk.
    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }
}
