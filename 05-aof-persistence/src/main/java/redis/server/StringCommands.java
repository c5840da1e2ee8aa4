package redis.server;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespReader;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.DENYOOM;
import static redis.server.Command.Flag.FAST;
import static redis.server.Command.Flag.READONLY;
import static redis.server.Command.Flag.WRITE;

/// The commands that read and write string values.
final class StringCommands {

    private static final ByteString SET = ByteString.of("SET");
    private static final ByteString PXAT = ByteString.of("PXAT");
    private static final ByteString KEEPTTL = ByteString.of("KEEPTTL");

    private final Store store;
    private final Propagation propagation;

    StringCommands(Store store, Propagation propagation) {
        this.store = store;
        this.propagation = propagation;
    }

    void addTo(CommandTable table) {
        table.add("string",
                Command.of("get key", 2, EnumSet.of(READONLY, FAST), Keys.FIRST,
                        "Returns the value of a key.", this::get),
                Command.of("set key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT seconds | PXAT milliseconds | KEEPTTL]", -3, EnumSet.of(WRITE, DENYOOM), Keys.FIRST,
                        "Sets the value of a key.", this::set),
                Command.of("getset key value", 3, EnumSet.of(WRITE, DENYOOM, FAST), Keys.FIRST,
                        "Sets the value of a key and returns the old one.", this::getSet),
                Command.of("setnx key value", 3, EnumSet.of(WRITE, DENYOOM, FAST), Keys.FIRST,
                        "Sets the value of a key that does not exist.", this::setNx),
                Command.of("getdel key", 2, EnumSet.of(WRITE, FAST), Keys.FIRST,
                        "Deletes a key and returns its value.", this::getDel),
                Command.of("setex key seconds value", 4, EnumSet.of(WRITE, DENYOOM), Keys.FIRST,
                        "Sets the value of a key that ends in so many seconds.", (_, request) -> setEx(request, ExpireUnit.EX, "setex")),
                Command.of("psetex key milliseconds value", 4, EnumSet.of(WRITE, DENYOOM), Keys.FIRST,
                        "Sets the value of a key that ends in so many milliseconds.", (_, request) -> setEx(request, ExpireUnit.PX, "psetex")),
                Command.of("getex key [EX seconds | PX milliseconds | EXAT seconds | PXAT milliseconds | PERSIST]", -2, EnumSet.of(WRITE, FAST), Keys.FIRST,
                        "Returns the value of a key and changes when it ends.", this::getEx),
                Command.of("mget key [key ...]", -2, EnumSet.of(READONLY, FAST), Keys.ALL,
                        "Returns the values of several keys.", this::mGet),
                Command.of("mset key value [key value ...]", -3, EnumSet.of(WRITE, DENYOOM), Keys.EVERY_OTHER,
                        "Sets the values of several keys.", this::mSet),
                Command.of("msetnx key value [key value ...]", -3, EnumSet.of(WRITE, DENYOOM), Keys.EVERY_OTHER,
                        "Sets the values of several keys if none of them exists.", this::mSetNx),
                Command.of("append key value", 3, EnumSet.of(WRITE, DENYOOM, FAST), Keys.FIRST,
                        "Adds bytes to the end of a value.", this::append),
                Command.of("strlen key", 2, EnumSet.of(READONLY, FAST), Keys.FIRST,
                        "Returns the length of a value in bytes.", this::strLen),
                Command.of("getrange key start end", 4, EnumSet.of(READONLY), Keys.FIRST,
                        "Returns a part of a value.", this::getRange),
                Command.of("setrange key offset value", 4, EnumSet.of(WRITE, DENYOOM), Keys.FIRST,
                        "Overwrites a part of a value.", this::setRange),
                Command.of("incr key", 2, EnumSet.of(WRITE, DENYOOM, FAST), Keys.FIRST,
                        "Adds one to a number.", this::incr),
                Command.of("decr key", 2, EnumSet.of(WRITE, DENYOOM, FAST), Keys.FIRST,
                        "Subtracts one from a number.", this::decr),
                Command.of("incrby key increment", 3, EnumSet.of(WRITE, DENYOOM, FAST), Keys.FIRST,
                        "Adds to a number.", this::incrBy),
                Command.of("decrby key decrement", 3, EnumSet.of(WRITE, DENYOOM, FAST), Keys.FIRST,
                        "Subtracts from a number.", this::decrBy),
                Command.of("incrbyfloat key increment", 3, EnumSet.of(WRITE, DENYOOM, FAST), Keys.FIRST,
                        "Adds to a number that may have a fraction.", this::incrByFloat));
    }

    private Resp get(ClientSession client, List<ByteString> request) {
        return bulkOrNull(store.get(request.get(1)));
    }

    private Resp set(ClientSession client, List<ByteString> request) {
        if (request.size() == 3) { // no options: most SETs, and they need not know the old value
            store.set(request.get(1), request.get(2));
            return Resp.OK;
        }
        var options = SetOptions.parse(request);
        long deadline = options.deadline(store.now());
        var key = request.get(1);
        var old = store.get(key);
        boolean allowed = switch (options.condition()) {
            case ALWAYS -> true;
            case IF_ABSENT -> old == null;
            case IF_PRESENT -> old != null;
        };
        if (allowed && options.keepTtl()) store.update(key, request.get(2));
        else if (allowed) store.set(key, request.get(2), deadline);
        if (deadline != Store.NEVER) propagation.logAs(SET, key, request.get(2), PXAT, ByteString.of(deadline));
        else if (options.returnOld()) propagation.logAs(SetOptions.withoutGet(request));
        if (options.returnOld()) return bulkOrNull(old);
        return allowed ? Resp.OK : Resp.Null.BULK_STRING;
    }

    private Resp setEx(List<ByteString> request, ExpireUnit unit, String command) {
        long deadline = unit.deadlineOfValue(request.get(2), store.now(), command);
        store.set(request.get(1), request.get(3), deadline);
        propagation.logAs(SET, request.get(1), request.get(3), PXAT, ByteString.of(deadline));
        return Resp.OK;
    }

    private Resp getEx(ClientSession client, List<ByteString> request) {
        var key = request.get(1);
        var options = GetExOptions.parse(request);
        var value = store.get(key);
        if (value == null) return Resp.Null.BULK_STRING;
        if (options.persist()) {
            store.persist(key);
            propagation.logAs(ByteString.of("PERSIST"), key);
        }
        if (options.unit() != null) {
            long deadline = options.deadline(store.now());
            if (store.isOver(deadline - 1)) {
                store.delete(key);
                propagation.logAs(ByteString.of("DEL"), key);
            } else {
                store.expireAt(key, deadline);
                propagation.logAs(ByteString.of("PEXPIREAT"), key, ByteString.of(deadline));
            }
        }
        return Resp.bulk(value);
    }

    private Resp getSet(ClientSession client, List<ByteString> request) {
        var old = store.get(request.get(1));
        store.set(request.get(1), request.get(2));
        propagation.logAs(SET, request.get(1), request.get(2));
        return bulkOrNull(old);
    }

    private Resp setNx(ClientSession client, List<ByteString> request) {
        boolean absent = !store.contains(request.get(1));
        if (absent) store.set(request.get(1), request.get(2));
        return Resp.integer(absent);
    }

    private Resp getDel(ClientSession client, List<ByteString> request) {
        propagation.logAs(ByteString.of("DEL"), request.get(1));
        return bulkOrNull(store.delete(request.get(1)));
    }

    private Resp mGet(ClientSession client, List<ByteString> request) {
        var values = new ArrayList<Resp>(request.size() - 1);
        for (int i = 1; i < request.size(); i++) values.add(bulkOrNull(store.get(request.get(i))));
        return new Resp.Array(values);
    }

    private Resp mSet(ClientSession client, List<ByteString> request) {
        requirePairs(request, "mset");
        setAll(request);
        return Resp.OK;
    }

    private Resp mSetNx(ClientSession client, List<ByteString> request) {
        requirePairs(request, "msetnx");
        for (int i = 1; i < request.size(); i += 2) {
            if (store.contains(request.get(i))) return Resp.integer(0);
        }
        setAll(request);
        return Resp.integer(1);
    }

    private static void requirePairs(List<ByteString> request, String command) {
        if (request.size() % 2 == 0) throw CommandException.wrongArity(command);
    }

    private void setAll(List<ByteString> request) {
        for (int i = 1; i < request.size(); i += 2) store.set(request.get(i), request.get(i + 1));
    }

    private Resp append(ClientSession client, List<ByteString> request) {
        var key = request.get(1);
        var old = store.get(key);
        var suffix = request.get(2);
        if (old == null) {
            store.update(key, suffix);
            return Resp.integer(suffix.length());
        }
        requireLength((long) old.length() + suffix.length());
        var value = old.concat(suffix);
        store.update(key, value);
        return Resp.integer(value.length());
    }

    private Resp strLen(ClientSession client, List<ByteString> request) {
        return Resp.integer(orEmpty(store.get(request.get(1))).length());
    }

    /// Both ends are included, and a negative index counts from the end of the value.
    private Resp getRange(ClientSession client, List<ByteString> request) {
        long start = Arguments.integer(request.get(2));
        long end = Arguments.integer(request.get(3));
        var value = orEmpty(store.get(request.get(1)));
        int length = value.length();
        if (start < 0 && end < 0 && start > end) return Resp.bulk(ByteString.EMPTY);
        long from = Math.max(start < 0 ? start + length : start, 0);
        long to = Math.min(Math.max(end < 0 ? end + length : end, 0), length - 1L) + 1;
        return Resp.bulk(from < to ? value.substring((int) from, (int) to) : ByteString.EMPTY);
    }

    private Resp setRange(ClientSession client, List<ByteString> request) {
        long offset = Arguments.integer(request.get(2));
        if (offset < 0) throw new CommandException("ERR offset is out of range");
        var key = request.get(1);
        var old = orEmpty(store.get(key));
        var patch = request.get(3);
        if (patch.isEmpty()) return Resp.integer(old.length());
        requireLength(offset + patch.length());
        var value = old.overwrite((int) offset, patch);
        store.update(key, value);
        return Resp.integer(value.length());
    }

    private static void requireLength(long length) {
        if (length < 0 || length > RespReader.MAX_BULK) {
            throw new CommandException("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        }
    }

    private Resp incr(ClientSession client, List<ByteString> request) {
        return add(request.get(1), 1);
    }

    private Resp decr(ClientSession client, List<ByteString> request) {
        return add(request.get(1), -1);
    }

    private Resp incrBy(ClientSession client, List<ByteString> request) {
        return add(request.get(1), Arguments.integer(request.get(2)));
    }

    private Resp decrBy(ClientSession client, List<ByteString> request) {
        long decrement = Arguments.integer(request.get(2));
        if (decrement == Long.MIN_VALUE) throw new CommandException("ERR decrement would overflow");
        return add(request.get(1), -decrement);
    }

    private Resp add(ByteString key, long increment) {
        var old = store.get(key);
        long sum;
        try {
            sum = Math.addExact(old == null ? 0 : Arguments.integer(old), increment);
        } catch (ArithmeticException e) {
            throw new CommandException("ERR increment or decrement would overflow");
        }
        store.update(key, ByteString.of(sum));
        return Resp.integer(sum);
    }

    private Resp incrByFloat(ClientSession client, List<ByteString> request) {
        var key = request.get(1);
        var old = store.get(key);
        var sum = (old == null ? LongDouble.ZERO : LongDouble.parse(old)).add(LongDouble.parse(request.get(2)));
        var value = ByteString.of(sum.toString());
        store.update(key, value);
        propagation.logAs(SET, key, value, KEEPTTL); // the sum, so that it is right on any machine
        return Resp.bulk(value);
    }

    private static Resp bulkOrNull(ByteString value) {
        return value == null ? Resp.Null.BULK_STRING : Resp.bulk(value);
    }

    private static ByteString orEmpty(ByteString value) {
        return value == null ? ByteString.EMPTY : value;
    }
}
