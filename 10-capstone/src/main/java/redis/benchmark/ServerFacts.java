package redis.benchmark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import redis.resp.Resp;
import redis.resp.RespClient;

/// What a server tells of itself. Texts are empty where it does not.
record ServerFacts(String version, String appendOnly, String appendFsync, String save) {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /// @throws IOException if nobody answers there, or with an error; the message tells which
    static ServerFacts of(InetSocketAddress address) throws IOException {
        try (var client = RespClient.connect(address, TIMEOUT)) {
            if (client.call("PING") instanceof Resp.SimpleError(var message)) throw new LoadException(message);
            return new ServerFacts(field(client, "server", "redis_version"),
                    setting(client, "appendonly"), setting(client, "appendfsync"), setting(client, "save"));
        }
    }

    /// A field of INFO; empty if there is none.
    static String field(RespClient client, String section, String name) throws IOException {
        if (!(client.call("INFO", section) instanceof Resp.BulkString(var text))) return "";
        return text.toString().lines().filter(line -> line.startsWith(name + ":")).map(line -> line.substring(name.length() + 1)).findFirst().orElse("");
    }

    private static String setting(RespClient client, String name) throws IOException {
        return client.call("CONFIG", "GET", name) instanceof Resp.Array(var elements) && elements.size() == 2
                && elements.get(1) instanceof Resp.BulkString(var value) ? value.toString() : "";
    }

    /// What may weigh on the rows of a server that is configured in this way.
    Optional<String> burden() {
        if (appendOnly.equals("yes")) return Optional.of("logs its writes (appendonly yes, appendfsync " + appendFsync + ")");
        if (!save.isEmpty()) return Optional.of("saves snapshots by itself (save " + save + "), also in the middle of a round");
        return Optional.empty();
    }
}
