package redis.server;

import java.io.IOException;
import redis.resp.RespWriter;

/// Something that a client is to get: the replies to some requests, or a message.
sealed interface Output permits Batch, Message.Encoded {

    /// About how many bytes it takes on the wire.
    long size();

    /// Adds it to what the writer has gathered. May wait: for the log, and for the client to read.
    void writeTo(RespWriter writer) throws IOException;
}
