package redis.server;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespVersion;
import redis.resp.RespWriter;

/// A message on its way to all who listen. Each version of the protocol has its own bytes for it, and they are made once, not for each client.
final class Message {

    /// The bytes in one version, shared by all who get them.
    record Encoded(ByteString bytes) implements Output {

        @Override
        public long size() {
            return bytes.length();
        }

        @Override
        public void writeTo(RespWriter writer) throws IOException {
            writer.writeEncoded(bytes);
        }
    }

    private final Resp.Push push;
    private final Map<RespVersion, Encoded> encoded = new EnumMap<>(RespVersion.class);

    Message(Resp.Push push) {
        this.push = push;
    }

    Resp.Push push() {
        return push;
    }

    Encoded in(RespVersion version) {
        return encoded.computeIfAbsent(version, _ -> new Encoded(RespWriter.encode(push, version)));
    }
}
