package redis.server;

import java.util.stream.Collectors;
import redis.resp.ByteString;
import redis.server.PubSub.Kind;

/// Tells of what happens to keys, to those who listen to one of two channels: `__keyspace@0__:` and the key, for what happens to it; or
/// `__keyevent@0__:` and the event, for the keys to which it happens. See
/// [Redis keyspace notifications](https://redis.io/docs/latest/develop/use/keyspace-notifications/).
///
/// Nobody is told unless the parameter `notify-keyspace-events` says so. It is a message like any other: who is not connected misses it. And it
/// may arrive before the log has reached the disk, so that a crash can undo what it tells of.
final class KeyspaceEvents {

    private static final ByteString OF_KEY = ByteString.of("__keyspace@0__:");
    private static final ByteString OF_EVENT = ByteString.of("__keyevent@0__:");

    /// The parameter's value.
    ///
    /// @param letters in a fixed order: `K` and `E` choose between the two channels, and the others are classes of events
    record Wanted(String letters) {

        private static final String ALL = "g$lshzxetd"; // what A means: all but the two that tell of every miss and every new key
        private static final String ORDER = ALL + "nKEm";

        /// @throws IllegalArgumentException with the reason in Redis's words
        static Wanted parse(String text) {
            var named = text.replace("A", ALL);
            if (!named.chars().allMatch(letter -> ORDER.indexOf(letter) >= 0)) {
                throw new IllegalArgumentException("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
            }
            return new Wanted(ORDER.chars().filter(letter -> named.indexOf(letter) >= 0).mapToObj(Character::toString).collect(Collectors.joining()));
        }

        boolean has(char letter) {
            return letters.indexOf(letter) >= 0;
        }

        /// Like Redis, does not show an `n` after an `A`.
        String text() {
            return letters.startsWith(ALL) ? "A" + letters.substring(ALL.length()).replace("n", "") : letters;
        }
    }

    private final Parameter<Wanted> wanted;
    private final Store store;
    private final PubSub pubSub;
    private final Statistics statistics;

    KeyspaceEvents(Parameter<Wanted> wanted, Store store, PubSub pubSub, Statistics statistics) {
        this.wanted = wanted;
        this.store = store;
        this.pubSub = pubSub;
        this.statistics = statistics;
        store.onEvent(this::publish);
    }

    /// Tells of an event that has just happened, but not while a log is replayed: then it happened long ago. The caller holds the store's lock.
    void publish(KeyspaceEvent event, ByteString key) {
        var wanted = this.wanted.get();
        if (!wanted.has(event.type()) || store.isReplaying()) return;
        if (wanted.has('K')) pubSub.publish(Kind.CHANNEL, OF_KEY.concat(key), event.text());
        if (wanted.has('E')) pubSub.publish(Kind.CHANNEL, OF_EVENT.concat(event.text()), key);
    }

    /// Somebody has looked for a key to read it: that is counted, and if it is not there, an event, too.
    void lookedUp(ByteString key, boolean found) {
        statistics.lookedUp(found);
        if (!found) publish(KeyspaceEvent.KEYMISS, key);
    }
}
