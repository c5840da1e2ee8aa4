package redis.server;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Holds clients back for a while, as CLIENT PAUSE wants it, or the end of the server while replicas catch up. Nothing is lost: a request that comes meanwhile is
/// carried out afterwards. Replicas get the stream all the time, and since neither commands nor the clock change the data any more, the stream has an end
/// that they can reach.
///
/// Who is held back waits in his session's thread, without the lock, until the pause is over. Nobody has to look at the clock for him.
///
/// For the thread that holds the store's lock.
final class ClientPause {

    /// Who wants it. Each ends by itself.
    enum Purpose { CLIENT_COMMAND, SHUTDOWN }

    /// What waits.
    enum Mode {
        /// what replicas would have to hear of
        WRITE,
        /// every command
        ALL
    }

    static final long FOREVER = Long.MAX_VALUE / 2; // nanoseconds: far enough away, and no sum overflows

    /// What replicas get although it does not change the data.
    private static final Set<String> FORWARDED = Set.of("publish", "spublish");

    /// How often those who wait are asked whether they are still there.
    private static final long LOOK_NANOS = 1_000_000_000;

    /// @param end System.nanoTime()
    private record Pause(Mode mode, long end) {

        boolean isOver() {
            return end - System.nanoTime() <= 0;
        }

        Pause and(Pause other) {
            return new Pause(mode.compareTo(other.mode) > 0 ? mode : other.mode, end - other.end > 0 ? end : other.end);
        }
    }

    /// A request is not carried out now. The session keeps it, and tries again when [ClientSession#answerLater] has waited.
    static final class Postponed extends RuntimeException {

        private static final long serialVersionUID = 1;

        private Postponed() {
            super(null, null, false, false);
        }
    }

    private final Store store;
    private final Map<Purpose, Pause> pauses = new EnumMap<>(Purpose.class);
    private CompletableFuture<Void> lifted = new CompletableFuture<>(); // completed when it ends before its time

    ClientPause(Store store) {
        this.store = store;
        store.pausedBy(this::isOn);
    }

    /// Begins, or goes on for longer or for more commands: never for less.
    ///
    /// @param nanos from now on, at most [#FOREVER]
    void begin(Purpose purpose, Mode mode, long nanos) {
        forgetWhatIsOver();
        pauses.merge(purpose, new Pause(mode, System.nanoTime() + nanos), Pause::and);
    }

    /// Ends before its time, if it has not ended.
    void end(Purpose purpose) {
        if (pauses.remove(purpose) != null) wake();
    }

    /// Lets all who wait try again.
    void wake() {
        var waited = lifted;
        store.afterUnlock(() -> waited.complete(null));
        lifted = new CompletableFuture<>();
    }

    /// Whether the data stay as they are: nothing ends, and nothing is removed, that no command has asked for.
    boolean isOn() {
        if (!pauses.isEmpty()) forgetWhatIsOver();
        return !pauses.isEmpty();
    }

    private void forgetWhatIsOver() {
        pauses.values().removeIf(Pause::isOver);
    }

    /// @throws Postponed if the command has to wait
    void admit(ClientSession client, Command command) {
        if (!isOn() || client.isReplica()) return;
        boolean writes = reachesReplicas(command) || command.name().equals("exec") && client.transaction().contains(ClientPause::reachesReplicas);
        var binding = pauses.values().stream().filter(pause -> writes || pause.mode == Mode.ALL).reduce(Pause::and).orElse(null);
        if (binding == null) return;
        var lifted = this.lifted;
        client.answerLater(() -> {
            await(lifted, binding, client);
            return null;
        });
        throw new Postponed();
    }

    private static boolean reachesReplicas(Command command) {
        return command.flags().contains(Command.Flag.WRITE) || FORWARDED.contains(command.name());
    }

    /// Without the lock. A client that leaves meanwhile takes its request back.
    private static void await(CompletableFuture<Void> lifted, Pause pause, ClientSession client) {
        try {
            boolean over;
            do {
                over = isLifted(lifted, Math.min(LOOK_NANOS, pause.end - System.nanoTime())) || pause.isOver();
                if (client.isGone()) {
                    client.endAfterReply();
                    return;
                }
            } while (!over);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isLifted(CompletableFuture<Void> lifted, long nanos) throws InterruptedException {
        try {
            lifted.get(nanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }
}
