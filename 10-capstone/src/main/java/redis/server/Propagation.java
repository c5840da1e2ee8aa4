package redis.server;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;

/// Runs commands, and passes on to the log and to the replicas what they did: the effect, not the intent.
///
/// Most commands that change something are their own effect. Those that depend on the moment are not, because the log is replayed at
/// another one: `EXPIRE k 10` is logged as the deadline that it set, and a key that was found to be over as its `DEL`. A command that changed
/// nothing is not logged at all.
///
/// For the thread that holds the store's lock.
final class Propagation {

    private static final ByteString DEL = ByteString.of("DEL");
    private static final List<ByteString> MULTI = List.of(ByteString.of("MULTI"));
    private static final List<ByteString> EXEC = List.of(ByteString.of("EXEC"));

    private final Store store;
    private final AppendOnlyFile log;
    private final ReplicationStream stream;

    private List<ByteString> effect; // of the command that runs; null if it is the command as it was sent
    private List<Effect> gathered;    // what has to be passed on together; null: each command by itself
    private long writes;

    /// @param logged whether it is for the log, too, and not for the replicas alone
    private record Effect(List<ByteString> command, boolean logged) {}

    Propagation(Store store, AppendOnlyFile log, ReplicationStream stream) {
        this.store = store;
        this.log = log;
        this.stream = stream;
    }

    /// Has the command that runs logged as another one, which does the same whenever it is carried out.
    void logAs(ByteString... effect) {
        this.effect = Arrays.asList(effect);
    }

    /// As [#logAs(ByteString...)].
    void logAs(List<ByteString> effect) {
        this.effect = effect;
    }

    /// Carries out a command, and logs what it has done.
    Resp call(Command command, ClientSession client, List<ByteString> request) {
        long before = store.changes();
        effect = null;
        try {
            return command.handler().handle(client, request);
        } finally {
            boolean changed = store.changes() != before && command.flags().contains(Command.Flag.WRITE);
            if (changed) writes++;
            propagate(changed ? effect == null ? request : effect : null);
        }
    }

    /// Logs the keys that active expiry has removed. Nobody waits for that.
    void propagateExpired() {
        for (var key : store.takeExpired()) append(List.of(DEL, key));
        log.handOver();
        stream.offset();
    }

    /// @param command null if there was none
    private void propagate(List<ByteString> command) {
        var expired = store.takeExpired();
        if (expired.isEmpty()) {
            if (command != null) append(command);
        } else {
            together(() -> {
                for (var key : expired) append(List.of(DEL, key));
                if (command != null) append(command);
            });
        }
    }

    private void append(List<ByteString> command) {
        if (gathered != null) {
            gathered.add(new Effect(command, true));
            return;
        }
        log.append(command);
        stream.append(command);
    }

    /// Passes on what these commands do as a whole, so that the log and the replicas have all of it or nothing; and if one of them fails, what those
    /// before it have done. One effect is a whole without MULTI and EXEC around it.
    void together(Runnable commands) {
        if (gathered != null) { // as part of more
            commands.run();
            return;
        }
        gathered = new ArrayList<>();
        try {
            commands.run();
        } finally {
            var effects = gathered;
            gathered = null;
            boolean several = effects.size() > 1;
            if (several) append(MULTI);
            for (var effect : effects) {
                if (effect.logged) append(effect.command);
                else forward(effect.command);
            }
            if (several) append(EXEC);
        }
    }

    /// Passes a command on to the replicas alone: a message, which changes nothing here.
    void forward(List<ByteString> command) {
        if (!stream.isOpen()) return;
        if (gathered != null) gathered.add(new Effect(command, false));
        else stream.append(command);
    }

    /// How many commands have changed something.
    long writes() {
        return writes;
    }
}
