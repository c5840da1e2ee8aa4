package redis.server;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import redis.resp.ByteString;
import redis.server.ShutdownOptions.Option;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/// The server's end, in good order: what was acknowledged is on disk and at the replicas, and what was carried out is answered.
///
/// 1. Replicas that lag get time to catch up. Writes wait meanwhile, reads go on, and the end can still be called off.
/// 2. Under the store's lock the data are brought to disk. If that fails, the server goes on as if nobody had asked.
/// 3. From that hold of the lock on no command is carried out. Replies and the rest of the stream leave, and then all connections, threads
///    and files end. Who does not read what he gets is not waited for.
///
/// A thread of its own does all this, so that those that it waits for need not wait for themselves.
final class Shutdown {

    private static final System.Logger LOG = System.getLogger(Shutdown.class.getName());

    /// For how long clients may take to read their last replies, and replicas the rest of the stream.
    private static final Duration LAST_WORDS = Duration.ofMillis(500);

    /// How much of `shutdown-timeout` is kept for the steps after the first: a fifth, and at most so much.
    private static final long RESERVE_NANOS = 4 * LAST_WORDS.toNanos();

    private static final String FAILED = "Errors trying to shut down the server. Check the logs for more information.";

    private static final long LOOK_NANOS = 5_000_000;

    /// What replicas get although it does not change the data. Waits as writes do.
    private static final Set<String> FORWARDED = Set.of("publish", "spublish");

    /// One go at it.
    ///
    /// @param exits whether the process ends with the server
    /// @param start in System.nanoTime()
    /// @param timeout `shutdown-timeout`, in nanoseconds
    /// @param offset what replicas are waited to reach
    /// @param outcome whether the server ends, as soon as that is certain
    private record Attempt(ShutdownOptions options, boolean exits, long start, long timeout, long offset, CompletableFuture<Boolean> outcome) {

        long left() {
            return timeout - (System.nanoTime() - start);
        }

        void say(String message) {
            if (exits) LOG.log(INFO, message);
        }
    }

    private final ServerConfig config;
    private final Store store;
    private final CommandTable commands;
    private final Persistence persistence;
    private final ReplicationStream stream;
    private final Replicas replicas;
    private final Replication replication;
    private final End end;
    private volatile Runnable exit = () -> {};

    // For the thread that holds the store's lock.
    private volatile Attempt attempt; // null if nobody has asked; others look at it without the lock
    private Thread thread;            // of the attempt
    private boolean pausing;          // no command is carried out that replicas would have to hear of
    private boolean over;             // no command is carried out

    /// What is left to do when no command is carried out any more.
    @FunctionalInterface
    interface End {

        /// @param limit for how long clients may take to read
        void run(Duration limit) throws IOException;
    }

    Shutdown(ServerConfig config, Store store, CommandTable commands, Persistence persistence, ReplicationStream stream, Replicas replicas,
             Replication replication, End end) {
        this.config = config;
        this.store = store;
        this.commands = commands;
        this.persistence = persistence;
        this.stream = stream;
        this.replicas = replicas;
        this.replication = replication;
        this.end = end;
    }

    /// @param exit ends the process when somebody has asked for that and the server has ended
    void onExit(Runnable exit) {
        this.exit = exit;
    }

    // ---- to begin it, and to call it off; the caller holds the store's lock ----

    /// Begins to end the server, unless somebody else has done so.
    ///
    /// @return whether it does end, as soon as that is certain
    CompletableFuture<Boolean> begin(ShutdownOptions options) {
        return begin(options, true);
    }

    private CompletableFuture<Boolean> begin(ShutdownOptions options, boolean exits) {
        if (attempt == null) {
            long timeout = options.has(Option.NOW) ? 0 : TimeUnit.SECONDS.toNanos(config.shutdownTimeout.get());
            var next = new Attempt(options, exits, System.nanoTime(), timeout, stream.offset(), new CompletableFuture<>());
            next.say("User requested shutdown...");
            attempt = next;
            if (timeout > 0 && replicas.lagging(next.offset) > 0) {
                next.say("Waiting for replicas before shutting down.");
                pause();
                replicas.askForAcknowledgement();
            }
            thread = Thread.ofPlatform().name("shutdown").daemon(false).start(() -> run(next)); // the last one that the JVM waits for
        }
        return attempt.outcome;
    }

    /// Neither commands nor the clock change the data any more, so that the stream has an end that replicas can reach.
    private void pause() {
        pausing = true;
        store.expiry(Store.Expiry.HIDE);
    }

    /// @return false if there is nothing to be called off
    boolean callOff() {
        if (attempt == null || over) return false;
        goOn("Shutdown manually aborted.");
        return true;
    }

    private void goOn(String why) {
        LOG.log(WARNING, why);
        if (pausing) store.expiry(replication.isReplica() ? Store.Expiry.HIDE : Store.Expiry.REMOVE);
        pausing = false;
        var last = attempt;
        attempt = null;
        last.outcome.complete(false);
    }

    // ---- its course ----

    private void run(Attempt mine) {
        try {
            awaitReplicas(mine);
            if (!finish(mine)) return;
        } catch (RuntimeException | Error e) { // a server that neither goes on nor ends is the worst of all
            LOG.log(WARNING, "Unexpected error while shutting down", e);
            fail(mine);
            return;
        }
        boolean loading = !persistence.isLoaded();
        if (mine.exits && loading) exit(); // there is nothing that could be lost
        try {
            end.run(LAST_WORDS);
        } catch (IOException | RuntimeException | Error e) {
            LOG.log(WARNING, "The server has not ended in good order", e);
        }
        if (mine.exits && !loading) exit();
    }

    private void exit() {
        LOG.log(INFO, "Redis is now ready to exit, bye bye...");
        exit.run();
    }

    /// Step 1. Returns when all replicas have everything, it was called off, or there is no time left.
    private void awaitReplicas(Attempt mine) {
        long reserve = Math.min(RESERVE_NANOS, mine.timeout / 5);
        while (attempt == mine && replicas.lagging(mine.offset) > 0 && mine.left() > reserve) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /// Step 2, and the moment at which it is decided.
    ///
    /// @return whether the server ends
    private boolean finish(Attempt mine) {
        store.lock();
        try {
            if (attempt != mine) return false;
            if (mine.exits) replicas.logLag(pausing ? mine.offset : stream.offset());
            if (persistence.isLoaded() && !bringToDisk(mine)) {
                goOn(FAILED);
                return false;
            }
            pause();
            persistence.end();
            replication.leave();
            over = true;
            mine.outcome.complete(true);
            return true;
        } finally {
            store.unlock();
        }
    }

    /// @return whether the server may end
    private boolean bringToDisk(Attempt mine) {
        var options = mine.options;
        if (persistence.log().isLogging()) mine.say("Calling fsync() on the AOF file.");
        if (!succeeds(persistence::forceLog, "Error writing the AOF", options)) return false;
        persistence.cancel();
        if (!options.save(config.save.get())) return true;
        mine.say("Saving the final RDB snapshot before exiting.");
        return succeeds(() -> {
            persistence.saveLast();
            mine.say("DB saved on disk");
        }, "Error trying to save the DB", options);
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private static boolean succeeds(Step step, String failure, ShutdownOptions options) {
        try {
            step.run();
            return true;
        } catch (IOException e) {
            boolean force = options.has(Option.FORCE);
            LOG.log(WARNING, "%s%s: %s".formatted(failure, force ? ". Exit anyway" : ", can't exit", e));
            return force;
        }
    }

    private void fail(Attempt mine) {
        store.lock();
        try {
            if (attempt == mine && !over) goOn(FAILED);
        } finally {
            store.unlock();
        }
    }

    // ---- for sessions; the caller holds the store's lock ----

    /// Whether a request is not carried out now: perhaps later, when the end has been called off, or never.
    boolean holdsBack(ClientSession client, List<ByteString> request) {
        if (over) {
            client.endAfterReply();
            client.answerLater(() -> {
                client.finish();
                return null;
            });
            return true;
        }
        if (!pausing) return false;
        var command = commands.find(request.getFirst());
        if (command == null) return false;
        boolean changes = command.name().equals("exec") ? client.transaction().contains(Shutdown::reachesReplicas) : reachesReplicas(command);
        if (!changes) return false;
        var outcome = attempt.outcome;
        client.answerLater(() -> {
            outcome.join();
            return null;
        });
        return true;
    }

    private static boolean reachesReplicas(Command command) {
        return command.flags().contains(Command.Flag.WRITE) || FORWARDED.contains(command.name());
    }

    boolean isOver() {
        return over;
    }

    // ---- without the lock ----

    /// How much of its time is left, in milliseconds; -1: nobody has asked for the end.
    long millisLeft() {
        var current = attempt;
        return current == null ? -1 : Math.max(0, TimeUnit.NANOSECONDS.toMillis(current.left()));
    }

    /// Ends the server at once, also if somebody waits for replicas, and returns when it has ended. The process goes on.
    void close() {
        Thread before;
        Thread last;
        store.lock();
        try {
            before = thread;
            if (!over) {
                callOff();
                begin(ShutdownOptions.of(Option.NOW, Option.NOSAVE, Option.FORCE), false);
            }
            last = thread;
        } finally {
            store.unlock();
        }
        try {
            if (before != null) before.join();
            last.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
