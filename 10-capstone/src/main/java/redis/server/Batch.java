package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespVersion;
import redis.resp.RespWriter;

/// The replies to the requests that were carried out under one hold of the store's lock. They leave when the log holds what they tell of:
/// also of a value that another client has just set. Values never change, so the replies can be written after the lock is free again.
///
/// It is filled by the thread that holds the lock, and then written by another, or the same.
final class Batch implements Output {

    private static final int OVERHEAD = 16; // of a reply: about what its type, its length and the line ends take

    private final AppendOnlyFile log;
    private final List<Resp> replies = new ArrayList<>();
    private final BitSet writes = new BitSet(); // which replies acknowledge a write
    private Map<Integer, RespVersion> versions = Map.of(); // before which reply the client's version changes
    private Map<Integer, Integer> arrays = Map.of(); // before which reply an array begins, and how many elements it announces
    private long size;
    private long offset;

    Batch(AppendOnlyFile log) {
        this.log = log;
    }

    /// @param acknowledges whether it says that something has been written
    void add(Resp reply, boolean acknowledges) {
        if (acknowledges) writes.set(replies.size());
        replies.add(reply);
        size += sizeOf(reply);
    }

    /// Has the replies from here on written in another version of the protocol.
    void version(RespVersion version) {
        if (versions.isEmpty()) versions = new HashMap<>();
        versions.put(replies.size(), version);
    }

    /// Has the replies from here on be the elements of one: they are written one by one, since what they tell of may change the client's version,
    /// and a message to itself may come in between.
    ///
    /// @param length how many it announces
    void beginArray(int length) {
        if (arrays.isEmpty()) arrays = new HashMap<>();
        arrays.put(replies.size(), length);
        size += OVERHEAD;
    }

    /// @param offset what the log has to reach before the replies leave
    void end(long offset) {
        this.offset = offset;
    }

    @Override
    public long size() {
        return size;
    }

    private static long sizeOf(Resp reply) {
        return OVERHEAD + switch (reply) {
            case Resp.BulkString(var value) -> value.length();
            case Resp.VerbatimString(_, var text) -> text.length();
            case Resp.Array(var elements) -> sizeOf(elements);
            case Resp.Set(var elements) -> sizeOf(elements);
            case Resp.Push(var elements) -> sizeOf(elements);
            case Resp.Map(var entries) -> sizeOf(entries.keySet()) + sizeOf(entries.values());
            default -> 0;
        };
    }

    private static long sizeOf(Iterable<Resp> replies) {
        long size = 0;
        for (var reply : replies) size += sizeOf(reply);
        return size;
    }

    @Override
    public void writeTo(RespWriter writer) throws IOException {
        try {
            log.commit(offset);
        } catch (IOException e) { // reads go on
            writes.stream().forEach(i -> replies.set(i, Resp.error(CommandException.cannotLog(e).getMessage())));
        }
        for (int i = 0; i < replies.size(); i++) {
            beforeReply(i, writer);
            writer.write(replies.get(i));
        }
        beforeReply(replies.size(), writer);
    }

    private void beforeReply(int i, RespWriter writer) throws IOException {
        if (!arrays.isEmpty() && arrays.containsKey(i)) writer.writeEncoded(ByteString.of("*" + arrays.get(i) + "\r\n"));
        if (!versions.isEmpty() && versions.containsKey(i)) writer.version(versions.get(i));
    }
}
