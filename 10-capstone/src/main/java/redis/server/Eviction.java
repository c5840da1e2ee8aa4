package redis.server;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import redis.resp.ByteString;

import static java.lang.System.Logger.Level.WARNING;

/// Keeps the memory below `maxmemory`: before each command it evicts as many keys as it takes, chosen by the policy. See
/// [Redis's key eviction](https://redis.io/docs/latest/develop/reference/eviction/).
///
/// The log and the replicas hear of each key as of a `DEL`, before they hear of the command that needed the room. A replica evicts nothing by itself.
///
/// A command that finds much to be evicted, since `maxmemory` has just been lowered, does no more than its share and is carried out nevertheless. A thread
/// does the rest.
final class Eviction implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Eviction.class.getName());

    /// For how long clients wait at a time: what Redis's `maxmemory-eviction-tenacity` of 10 stands for.
    private static final long SLICE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    /// After how many keys it looks at the clock.
    private static final int KEYS_BETWEEN_LOOKS = 16;

    private static final Set<String> ENDS_TRANSACTION = Set.of("exec", "discard", "reset", "quit");

    private enum Outcome {
        /// there is room
        ROOM,
        /// there will be, after some more slices
        UNFINISHED,
        /// there is nothing left that the policy could choose
        NO_ROOM
    }

    private final ServerConfig config;
    private final Store store;
    private final Memory memory;
    private final Propagation propagation;
    private final EvictionPool pool = new EvictionPool(); // guarded by the store's lock
    private final Thread thread = Thread.ofVirtual().name("eviction").unstarted(this::run);
    private volatile boolean running = true;

    Eviction(ServerConfig config, Store store, Memory memory, Propagation propagation) {
        this.config = config;
        this.store = store;
        this.memory = memory;
        this.propagation = propagation;
        config.maxMemory.onChange(limit -> {
            warn(limit);
            goOnLater();
        });
        config.maxMemoryPolicy.onChange(_ -> {
            pool.clear(); // it is in the order of another policy
            goOnLater();
        });
    }

    void start() {
        warn(config.maxMemory.get());
        thread.start();
    }

    /// Before the data take as much as that, the JVM will have run out of memory.
    private static void warn(long limit) {
        long heap = Runtime.getRuntime().maxMemory();
        if (limit > heap) LOG.log(WARNING, "maxmemory is %,d bytes, and the heap of this JVM may have %,d: -Xmx has to be larger".formatted(limit, heap));
    }

    /// Makes room before a command. The caller holds the store's lock.
    ///
    /// @throws CommandException if the command needs memory and there is none
    void admit(ClientSession client, Command command) {
        if (config.maxMemory.get() == 0) return; // as most servers
        var outcome = makeRoom();
        if (outcome == Outcome.UNFINISHED) goOnLater();
        if (outcome == Outcome.NO_ROOM && needsMemory(client, command)) throw new CommandException("OOM command not allowed when used memory > 'maxmemory'.");
    }

    /// What is queued in a transaction takes memory, whatever it is. EXEC is judged by what it is going to do.
    private static boolean needsMemory(ClientSession client, Command command) {
        return command.flags().contains(Command.Flag.DENYOOM) || client.isInTransaction() && !ENDS_TRANSACTION.contains(command.name());
    }

    private Outcome makeRoom() {
        long limit = config.maxMemory.get();
        if (limit == 0 || memory.used() <= limit || !store.removesByItself()) return Outcome.ROOM;
        long start = System.nanoTime();
        for (int evicted = 0; memory.used() > limit; evicted++) {
            if (evicted % KEYS_BETWEEN_LOOKS == KEYS_BETWEEN_LOOKS - 1 && System.nanoTime() - start > SLICE_NANOS) return Outcome.UNFINISHED;
            var key = choose(config.maxMemoryPolicy.get());
            if (key == null) return Outcome.NO_ROOM;
            store.evict(key);
            propagation.propagateEvicted(key);
        }
        return Outcome.ROOM;
    }

    /// @return the key to be evicted next; null if there is none that may
    private ByteString choose(EvictionPolicy policy) {
        return switch (policy) {
            case NOEVICTION -> null;
            case ALLKEYS_RANDOM, VOLATILE_RANDOM -> store.anyKey(policy.sparesOthers());
            case ALLKEYS_LRU -> chooseByPool(false, store::lastUse);
            case VOLATILE_LRU -> chooseByPool(true, key -> store.deadlineOf(key) == Store.NEVER ? Store.NEVER : store.lastUse(key));
            case VOLATILE_TTL -> chooseByPool(true, store::deadlineOf);
        };
    }

    private ByteString chooseByPool(boolean withDeadline, EvictionPool.Order order) {
        ByteString best = null;
        while (best == null && (withDeadline ? store.volatileSize() : store.size()) > 0) {
            store.sample(config.maxMemorySamples.get(), withDeadline, key -> pool.offer(key, order.of(key)));
            best = pool.poll(order);
        }
        return best;
    }

    // ---- what is left to be done when a command has waited long enough ----

    private void goOnLater() {
        store.afterUnlock(() -> LockSupport.unpark(thread));
    }

    private void run() {
        while (running) {
            LockSupport.park();
            while (running && evictSlice()) LockSupport.parkNanos(SLICE_NANOS); // half of the time is for the clients
        }
    }

    /// @return whether there is more to be done
    private boolean evictSlice() {
        store.lock();
        try {
            boolean more = makeRoom() == Outcome.UNFINISHED;
            propagation.propagateExpired(); // hands over what was logged
            return more;
        } finally {
            store.unlock();
        }
    }

    /// Returns when the thread has ended. It must have been started.
    @Override
    public void close() {
        running = false;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
