package redis.server;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.READONLY;

/// The commands about what memory is used for: by the server, by a key, and how a key's value is held.
final class MemoryCommands {

    /// Redis holds a string of this length or less together with its header, as `embstr`, in bytes.
    private static final int MAX_EMBEDDED = 44;

    private static final String NO_FREQUENCIES = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
            + "between policies at runtime LRU and LFU data will take some time to adjust.";

    private final Store store;
    private final Memory memory;

    MemoryCommands(Store store, Memory memory) {
        this.store = store;
        this.memory = memory;
    }

    void addTo(CommandTable table) {
        table.add("server",
                Command.group("memory", -2, EnumSet.noneOf(Flag.class),
                        "Groups the commands about memory.", null,
                        Command.of("memory|usage key [SAMPLES count]", -3, EnumSet.of(READONLY), Keys.SECOND,
                                "Estimate how many bytes a key and its value take.", this::usage),
                        Command.of("memory|stats", 2, EnumSet.noneOf(Flag.class), Keys.NONE,
                                "Tell what the server's memory is used for.", (_, _) -> map(memory.statistics()))));
        table.add("generic",
                Command.group("object", -2, EnumSet.noneOf(Flag.class),
                        "Groups the commands about how values are held.", null,
                        Command.of("object|encoding key", 3, EnumSet.of(READONLY), Keys.SECOND,
                                "Return how Redis would hold a value: int, embstr or raw.", (_, request) -> of(request, this::encoding)),
                        Command.of("object|freq key", 3, EnumSet.of(READONLY), Keys.SECOND,
                                "Return how often a key is used, which is not counted here.", (_, request) -> of(request, MemoryCommands::frequency)),
                        Command.of("object|idletime key", 3, EnumSet.of(READONLY), Keys.SECOND,
                                "Return for how many seconds a key has not been used.", (_, request) -> of(request, this::idleTime)),
                        Command.of("object|refcount key", 3, EnumSet.of(READONLY), Keys.SECOND,
                                "Return how many share a value: always 1.", (_, request) -> of(request, _ -> Resp.integer(1)))));
    }

    /// SAMPLES is about values with many elements: a string is measured as a whole.
    private Resp usage(ClientSession client, List<ByteString> request) {
        for (int i = 3; i < request.size(); i += 2) {
            if (!request.get(i).equalsIgnoreCase("samples") || i + 1 == request.size()) throw new CommandException(CommandException.SYNTAX);
            if (Arguments.integer(request.get(i + 1)) < 0) throw new CommandException(CommandException.SYNTAX);
        }
        return of(request, key -> Resp.integer(store.memoryUsage(key)));
    }

    private static Resp map(Map<String, ?> fields) {
        var entries = new LinkedHashMap<Resp, Resp>();
        fields.forEach((name, value) -> entries.put(Resp.bulk(name), reply(value)));
        return new Resp.Map(entries);
    }

    @SuppressWarnings("unchecked")
    private static Resp reply(Object value) {
        return switch (value) {
            case Long number -> Resp.integer(number);
            case Double number -> new Resp.Double(number);
            default -> map((Map<String, ?>) value);
        };
    }

    @FunctionalInterface
    private interface Question {
        Resp answer(ByteString key);
    }

    /// Asks about a key that exists, which does not count as a use of it.
    private Resp of(List<ByteString> request, Question question) {
        var key = request.get(2);
        return store.contains(key) ? question.answer(key) : Resp.Null.BULK_STRING;
    }

    private Resp encoding(ByteString key) {
        var value = store.peek(key);
        if (store.isRaw(key)) return Resp.bulk("raw");
        if (isInteger(value)) return Resp.bulk("int");
        return Resp.bulk(value.length() <= MAX_EMBEDDED ? "embstr" : "raw");
    }

    private static boolean isInteger(ByteString value) {
        try {
            value.parseLong();
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static Resp frequency(ByteString key) {
        throw new CommandException(NO_FREQUENCIES);
    }

    private Resp idleTime(ByteString key) {
        return Resp.integer(store.idle(key) / 1000);
    }
}
