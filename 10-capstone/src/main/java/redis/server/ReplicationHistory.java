package redis.server;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/// Which history of writes the data of this server come from: an id, and how far it has come, the offset of the stream.
///
/// Two servers with the same id and the same offset have the same data. A replica takes over its master's id. Who begins to write on its own gives
/// the history a new one, and remembers the old one up to the offset at which they part: replicas of the same master can go on from there.
///
/// Changed by the thread that holds the store's lock; others may look.
final class ReplicationHistory {

    /// The id of no history.
    private static final String NONE = "0".repeat(40);

    private static final SecureRandom RANDOM = new SecureRandom();

    private final ReplicationStream stream;

    private volatile String id = randomId();
    private volatile String secondId = NONE;   // of the history that this one continues
    private volatile long secondOffset = -1;   // the first byte that they do not share, counted from 1 on; -1: there is no other
    private boolean known;                     // whether somebody else may know the id

    ReplicationHistory(ReplicationStream stream) {
        this.stream = stream;
    }

    /// 40 hex digits, as Redis makes them.
    static String randomId() {
        var bytes = new byte[20];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    String id() {
        return id;
    }

    /// Whether another server can have the same history.
    boolean isKnown() {
        return known;
    }

    /// Whether a stream of this id is, up to this byte, the one that is kept here.
    ///
    /// @param offset of the next byte, counted from 1 on
    boolean includes(String wanted, long offset) {
        return wanted.equalsIgnoreCase(id) || wanted.equalsIgnoreCase(secondId) && offset <= secondOffset;
    }

    /// Begins another history: nobody can have followed the one before.
    void begin() {
        id = randomId();
        secondId = NONE;
        secondOffset = -1;
        known = false;
    }

    /// Somebody follows, or has followed.
    void becomesKnown() {
        known = true;
    }

    /// Takes over the history of a master along with its data.
    void replaceBy(String id, long offset) {
        this.id = id;
        secondId = NONE;
        secondOffset = -1;
        known = true;
        stream.open(offset, true);
    }

    /// Goes on under another id: that of a new master, or one of its own.
    void continueAs(String newId) {
        secondId = id;
        secondOffset = stream.offset() + 1;
        id = newId;
    }

    /// Has the history that a snapshot tells of.
    void restore(String id, long offset) {
        this.id = id;
        known = true;
        stream.open(offset, false);
    }

    /// What a snapshot that is begun now is to tell, as fields of an RDB file; nothing if there is no one who could go on from there.
    Map<String, String> fields() {
        if (!stream.isOpen()) return Map.of();
        var fields = new LinkedHashMap<String, String>();
        fields.put("repl-stream-db", "0");
        fields.put("repl-id", id);
        fields.put("repl-offset", Long.toString(stream.offset()));
        return fields;
    }

    Map<String, ?> info() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("master_replid", id);
        fields.put("master_replid2", secondId);
        fields.put("master_repl_offset", stream.visibleOffset());
        fields.put("second_repl_offset", secondOffset);
        return fields;
    }
}
