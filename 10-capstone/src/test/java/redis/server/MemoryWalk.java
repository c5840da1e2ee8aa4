package redis.server;

import java.lang.reflect.Array;
import java.util.ArrayList;

/// Counts what the keys of a store take in memory, object by object, as a check of the account that the store keeps.
final class MemoryWalk {

    private static final int ENTRY = 32;

    private MemoryWalk() {}

    static Store storeOf(LocalServer server) {
        return (Store) field(field(server, "server"), "store");
    }

    /// What the store of a server should say that it takes, and what it says, at the same moment.
    record Account(long counted, long kept) {

        static Account of(LocalServer server) {
            var store = storeOf(server);
            store.lock();
            try {
                return new Account(count(store), store.memory());
            } finally {
                store.unlock();
            }
        }
    }

    /// The bytes of all entries, keys, values, deadlines and tables. The caller holds the store's lock.
    static long count(Store store) {
        long bytes = tables((Dict<?>) field(store, "values")) + tables((Dict<?>) field(store, "deadlines"));
        var entries = new ArrayList<Store.Entry>();
        store.forEach(entries::add);
        for (var entry : entries) {
            bytes += ENTRY + array(entry.key().length()) + array(entry.value().length()) + (entry.deadline() == Store.NEVER ? 0 : ENTRY);
        }
        return bytes;
    }

    static long tables(Dict<?> dict) {
        return table(field(dict, "table")) + (field(dict, "old") == null ? 0 : table(field(dict, "old")));
    }

    private static long table(Object table) {
        var segments = field(table, "segments");
        long bytes = array(4L * Array.getLength(segments));
        for (int i = 0; i < Array.getLength(segments); i++) {
            var segment = Array.get(segments, i);
            if (segment != null) bytes += array(4L * Array.getLength(segment));
        }
        return bytes;
    }

    /// A header of 8 bytes, a length of 4, the content; and then the next object begins at a multiple of 8.
    private static long array(long content) {
        return (8 + 4 + content + 7) / 8 * 8;
    }

    private static Object field(Object of, String name) {
        try {
            var field = of.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(of);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
