package redis.server;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import redis.resp.ByteString;
import redis.server.Command.Flag;

/// What a client has sent since MULTI, to be carried out at EXEC: all of it, and nobody else's commands in between.
///
/// And the keys that it has watched since before: if one of them changes before EXEC, nothing is carried out. That is optimistic locking:
/// nobody waits, and who was too late looks again and tries again.
///
/// For the thread that holds the store's lock.
final class Transaction {

    /// A command that waits for EXEC. It has been found, and has the right number of words.
    record Queued(Command command, List<ByteString> request) {}

    /// What is carried out at once, because it is about the transaction itself, or about the end of the connection.
    private static final Set<String> NEVER_QUEUED = Set.of("multi", "exec", "discard", "watch", "quit", "reset");

    /// How many bytes may wait: as many as one request may have, or less if the heap is small.
    static final long MAX_BYTES = Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 4);
    private static final int WORD_BYTES = 64; // about what a word takes beyond its own bytes

    /// What one command is enough for to have the whole transaction refused; and what all of them must have for it not to be.
    private static final EnumSet<Flag> OF_ANY = EnumSet.of(Flag.WRITE, Flag.READONLY, Flag.DENYOOM);
    private static final EnumSet<Flag> OF_ALL = EnumSet.of(Flag.LOADING, Flag.STALE);

    private final WatchedKeys watchedKeys;
    private final long maxBytes;
    private final Map<ByteString, WatchedKeys.Watch> watches = new HashMap<>();

    private final List<Queued> queue = new ArrayList<>();
    private long bytes;
    private boolean open;    // from MULTI to the end of EXEC
    private boolean broken;  // one of its commands was refused
    private boolean touched; // one of the keys has changed
    private boolean running; // at EXEC

    /// @param maxBytes how many may wait
    Transaction(WatchedKeys watchedKeys, long maxBytes) {
        this.watchedKeys = watchedKeys;
        this.maxBytes = maxBytes;
    }

    /// MULTI.
    void begin() {
        open = true;
    }

    boolean isOpen() {
        return open;
    }

    /// Forgets all: EXEC and DISCARD, and the end of the connection.
    void discard() {
        unwatch();
        queue.clear();
        bytes = 0;
        open = false;
        broken = false;
        running = false;
    }

    // ---- the queue ----

    /// Whether this command has to wait for EXEC.
    boolean queues(Command command) {
        return open && !NEVER_QUEUED.contains(command.name());
    }

    /// Queues a command, unless it is certain already that it will not be carried out.
    ///
    /// @return false if it is too much
    boolean add(Command command, List<ByteString> request) {
        if (broken || touched) return true;
        queue.add(new Queued(command, request));
        for (var word : request) bytes += word.length() + WORD_BYTES;
        return bytes <= maxBytes;
    }

    int size() {
        return queue.size();
    }

    boolean contains(Predicate<Command> predicate) {
        return queue.stream().anyMatch(queued -> predicate.test(queued.command));
    }

    /// A command has been refused that was to be queued: none will be carried out.
    void breakOff() {
        if (open) broken = true;
    }

    boolean isBroken() {
        return broken;
    }

    /// EXEC, as it is to be judged: as what it is going to do.
    Command asOne(Command exec) {
        var flags = EnumSet.copyOf(exec.flags());
        for (var queued : queue) {
            for (var flag : OF_ANY) if (queued.command.flags().contains(flag)) flags.add(flag);
            for (var flag : OF_ALL) if (!queued.command.flags().contains(flag)) flags.remove(flag);
        }
        return exec.with(flags);
    }

    /// EXEC has come so far that the commands are carried out.
    ///
    /// @return these, in their order
    List<Queued> run() {
        unwatch(); // or the transaction would tell itself of what it changes
        running = true;
        return queue;
    }

    /// Whether one of its commands is being carried out right now: nothing of it may wait, and nothing be saved that is half of it.
    boolean isRunning() {
        return running;
    }

    // ---- the keys ----

    /// WATCH.
    void watch(ByteString key) {
        if (!touched) watches.computeIfAbsent(key, _ -> watchedKeys.add(key, this));
    }

    /// UNWATCH.
    void unwatch() {
        watches.values().forEach(watchedKeys::remove);
        watches.clear();
        touched = false;
    }

    /// A watched key has changed. The others do not matter any more.
    void touch() {
        unwatch();
        touched = true;
    }

    boolean isTouched() {
        return touched;
    }

    /// Whether nothing is to be carried out: a watched key has changed, or its time has come to its end and nobody has noticed.
    boolean isLost() {
        return touched || watches.values().stream().anyMatch(watchedKeys::hasEnded);
    }
}
