package redis.server;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.FAST;
import static redis.server.Command.Flag.READONLY;
import static redis.server.Command.Flag.WRITE;

/// The commands that give keys a deadline, tell it and take it away.
final class ExpiryCommands {

    private static final ByteString DEL = ByteString.of("DEL");
    private static final ByteString PEXPIREAT = ByteString.of("PEXPIREAT");

    private final Store store;
    private final Propagation propagation;
    private final KeyspaceEvents events;

    ExpiryCommands(Store store, Propagation propagation, KeyspaceEvents events) {
        this.store = store;
        this.propagation = propagation;
        this.events = events;
    }

    void addTo(CommandTable table) {
        var condition = " [NX | XX | GT | LT]";
        table.add("generic",
                Command.of("expire key seconds" + condition, -3, EnumSet.of(WRITE, FAST), Keys.FIRST,
                        "Lets a key end in so many seconds.", (_, request) -> expire(request, ExpireUnit.EX, "expire")),
                Command.of("pexpire key milliseconds" + condition, -3, EnumSet.of(WRITE, FAST), Keys.FIRST,
                        "Lets a key end in so many milliseconds.", (_, request) -> expire(request, ExpireUnit.PX, "pexpire")),
                Command.of("expireat key unix-time-seconds" + condition, -3, EnumSet.of(WRITE, FAST), Keys.FIRST,
                        "Lets a key end at this second.", (_, request) -> expire(request, ExpireUnit.EXAT, "expireat")),
                Command.of("pexpireat key unix-time-milliseconds" + condition, -3, EnumSet.of(WRITE, FAST), Keys.FIRST,
                        "Lets a key end at this millisecond.", (_, request) -> expire(request, ExpireUnit.PXAT, "pexpireat")),
                Command.of("ttl key", 2, EnumSet.of(READONLY, FAST), Keys.FIRST,
                        "Returns in how many seconds a key ends.", (_, request) -> toSeconds(remaining(request))),
                Command.of("pttl key", 2, EnumSet.of(READONLY, FAST), Keys.FIRST,
                        "Returns in how many milliseconds a key ends.", (_, request) -> Resp.integer(remaining(request))),
                Command.of("expiretime key", 2, EnumSet.of(READONLY, FAST), Keys.FIRST,
                        "Returns at which second a key ends.", (_, request) -> toSeconds(deadline(request))),
                Command.of("pexpiretime key", 2, EnumSet.of(READONLY, FAST), Keys.FIRST,
                        "Returns at which millisecond a key ends.", (_, request) -> Resp.integer(deadline(request))),
                Command.of("persist key", 2, EnumSet.of(WRITE, FAST), Keys.FIRST,
                        "Lets a key live forever.", this::persist));
    }

    private Resp expire(List<ByteString> request, ExpireUnit unit, String command) {
        var condition = ExpireCondition.parse(request);
        long deadline = unit.deadline(request.get(2), store.now(), command);
        var key = request.get(1);
        if (!store.touch(key) || !condition.allows(store.deadline(key), deadline)) return Resp.integer(0);
        if (store.isOver(deadline - 1)) {
            store.delete(key);
            events.publish(KeyspaceEvent.DEL, key);
            propagation.logAs(DEL, key);
        } else {
            store.expireAt(key, deadline);
            events.publish(KeyspaceEvent.EXPIRE, key);
            if (unit != ExpireUnit.PXAT) propagation.logAs(asDeadline(request, deadline));
        }
        return Resp.integer(1);
    }

    /// With the conditions as they were: when it is replayed, they are met again.
    private static List<ByteString> asDeadline(List<ByteString> request, long deadline) {
        var effect = new ArrayList<>(request);
        effect.set(0, PEXPIREAT);
        effect.set(2, ByteString.of(deadline));
        return effect;
    }

    /// @return in milliseconds since 1970; -1 if the key lives forever, -2 if there is no such key
    private long deadline(List<ByteString> request) {
        var key = request.get(1);
        boolean exists = store.contains(key);
        events.lookedUp(key, exists);
        return exists ? store.deadline(key) : -2;
    }

    /// @return in milliseconds from now; -1 and -2 as [#deadline]
    private long remaining(List<ByteString> request) {
        long deadline = deadline(request);
        return deadline < 0 ? deadline : Math.max(0, deadline - store.now());
    }

    /// Rounds to the nearest second: a key that was just given ten of them has ten left, not nine.
    private static Resp toSeconds(long millis) {
        return Resp.integer(millis < 0 ? millis : (millis + 500) / 1000);
    }

    private Resp persist(ClientSession client, List<ByteString> request) {
        var key = request.get(1);
        boolean persisted = store.touch(key) && store.persist(key);
        if (persisted) events.publish(KeyspaceEvent.PERSIST, key);
        return Resp.integer(persisted);
    }
}
