package redis.server;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.DENYOOM;
import static redis.server.Command.Flag.FAST;
import static redis.server.Command.Flag.READONLY;
import static redis.server.Command.Flag.WRITE;
import static redis.server.KeyspaceEvent.COPY_TO;
import static redis.server.KeyspaceEvent.DEL;
import static redis.server.KeyspaceEvent.NEW;
import static redis.server.KeyspaceEvent.RENAME_FROM;
import static redis.server.KeyspaceEvent.RENAME_TO;

/// The commands that treat keys alike whatever their values are.
final class KeyCommands {

    private final Store store;
    private final KeyspaceEvents events;

    KeyCommands(Store store, KeyspaceEvents events) {
        this.store = store;
        this.events = events;
    }

    void addTo(CommandTable table) {
        table.add("generic",
                Command.of("del key [key ...]", -2, EnumSet.of(WRITE), Keys.ALL,
                        "Deletes keys.", this::del),
                Command.of("unlink key [key ...]", -2, EnumSet.of(WRITE, FAST), Keys.ALL,
                        "Deletes keys, and leaves giving back their memory for later.", this::del),
                Command.of("exists key [key ...]", -2, EnumSet.of(READONLY, FAST), Keys.ALL,
                        "Counts how many of these keys exist.", this::exists),
                Command.of("touch key [key ...]", -2, EnumSet.of(READONLY, FAST), Keys.ALL,
                        "Counts how many of these keys exist, and marks them as used.", this::touch),
                Command.of("type key", 2, EnumSet.of(READONLY, FAST), Keys.FIRST,
                        "Returns the type of a value.", this::type),
                Command.of("keys pattern", 2, EnumSet.of(READONLY), Keys.NONE,
                        "Returns all keys that match a pattern.", this::keys),
                Command.of("scan cursor [MATCH pattern] [COUNT count] [TYPE type]", -2, EnumSet.of(READONLY), Keys.NONE,
                        "Returns some of the keys, and where to go on.", this::scan),
                Command.of("randomkey", 1, EnumSet.of(READONLY), Keys.NONE,
                        "Returns any key.", this::randomKey),
                Command.of("rename key newkey", 3, EnumSet.of(WRITE), Keys.FIRST_TWO,
                        "Gives a key another name.", this::rename),
                Command.of("renamenx key newkey", 3, EnumSet.of(WRITE, FAST), Keys.FIRST_TWO,
                        "Gives a key another name if that is free.", this::renameNx),
                Command.of("copy source destination [DB destination-db] [REPLACE]", -3, EnumSet.of(WRITE, DENYOOM), Keys.FIRST_TWO,
                        "Copies a value to another key.", this::copy));
    }

    /// DEL and UNLINK: Redis frees the memory of an unlinked value on another thread, as the JVM does for every value.
    private Resp del(ClientSession client, List<ByteString> request) {
        int deleted = 0;
        for (int i = 1; i < request.size(); i++) {
            if (store.delete(request.get(i)) == null) continue;
            events.publish(DEL, request.get(i));
            deleted++;
        }
        return Resp.integer(deleted);
    }

    /// Counts a key as often as it is named.
    private Resp exists(ClientSession client, List<ByteString> request) {
        int existing = 0;
        for (int i = 1; i < request.size(); i++) {
            if (exists(request.get(i))) existing++;
        }
        return Resp.integer(existing);
    }

    private Resp touch(ClientSession client, List<ByteString> request) {
        int existing = 0;
        for (int i = 1; i < request.size(); i++) {
            if (noteLookup(request.get(i), store.touch(request.get(i)))) existing++;
        }
        return Resp.integer(existing);
    }

    private boolean exists(ByteString key) {
        return noteLookup(key, store.contains(key));
    }

    private boolean noteLookup(ByteString key, boolean exists) {
        events.lookedUp(key, exists);
        return exists;
    }

    private Resp type(ClientSession client, List<ByteString> request) {
        return new Resp.SimpleString(exists(request.get(1)) ? "string" : "none");
    }

    private Resp keys(ClientSession client, List<ByteString> request) {
        var pattern = new GlobPattern(request.get(1));
        var matching = new ArrayList<Resp>();
        for (var key : store.keys()) {
            if (pattern.matches(key)) matching.add(Resp.bulk(key));
        }
        return new Resp.Array(matching);
    }

    /// Visits at least COUNT keys, if there are so many, and returns those of them that match: perhaps none, although there are more.
    private Resp scan(ClientSession client, List<ByteString> request) {
        long cursor = Arguments.cursor(request.get(1));
        var options = ScanOptions.parse(request);
        var keys = new ArrayList<ByteString>();
        long buckets = 0;
        do {
            cursor = store.scan(cursor, keys::add);
        } while (cursor != 0 && keys.size() < options.count() && ++buckets / 10 < options.count());
        var matching = keys.stream().filter(options::matches).<Resp>map(Resp::bulk).toList();
        return Resp.array(Resp.bulk(Long.toUnsignedString(cursor)), new Resp.Array(matching));
    }

    private Resp randomKey(ClientSession client, List<ByteString> request) {
        var key = store.randomKey();
        return key == null ? Resp.Null.BULK_STRING : Resp.bulk(key);
    }

    private Resp rename(ClientSession client, List<ByteString> request) {
        move(request.get(1), request.get(2));
        return Resp.OK;
    }

    private Resp renameNx(ClientSession client, List<ByteString> request) {
        requireKey(request.get(1));
        if (store.touch(request.get(2))) return Resp.integer(0);
        move(request.get(1), request.get(2));
        return Resp.integer(1);
    }

    private void move(ByteString from, ByteString to) {
        requireKey(from);
        if (from.equals(to)) return; // nothing changes, so nothing is logged
        long deadline = store.deadline(from);
        put(to, store.delete(from), deadline);
        events.publish(RENAME_FROM, from);
        events.publish(RENAME_TO, to);
    }

    /// What was there before is deleted first, in the eyes of those who listen to events: the key is new in any case.
    private void put(ByteString key, ByteString value, long deadline) {
        boolean replaces = store.contains(key);
        store.set(key, value, deadline);
        if (replaces) events.publish(NEW, key);
    }

    private void requireKey(ByteString key) {
        if (!store.touch(key)) throw new CommandException("ERR no such key");
    }

    private Resp copy(ClientSession client, List<ByteString> request) {
        boolean replace = false;
        for (int i = 3; i < request.size(); i++) {
            var option = request.get(i);
            if (option.equalsIgnoreCase("replace")) replace = true;
            else if (option.equalsIgnoreCase("db") && i + 1 < request.size()) Arguments.database(request.get(++i));
            else throw new CommandException(CommandException.SYNTAX);
        }
        var from = request.get(1);
        var to = request.get(2);
        if (from.equals(to)) throw new CommandException("ERR source and destination objects are the same");
        if (!noteLookup(from, store.touch(from)) || store.touch(to) && !replace) return Resp.integer(0);
        put(to, store.get(from), store.deadline(from));
        events.publish(COPY_TO, to);
        return Resp.integer(1);
    }
}
