package redis.server;

import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import redis.resp.ByteString;

/// What one client listens to.
final class Subscriptions {

    private final Map<PubSub.Kind, Set<ByteString>> names = new EnumMap<>(PubSub.Kind.class);

    Subscriptions() {
        for (var kind : PubSub.Kind.values()) names.put(kind, new LinkedHashSet<>());
    }

    /// In the order of subscribing.
    Set<ByteString> of(PubSub.Kind kind) {
        return names.get(kind);
    }

    /// How many there are, as confirmations tell it: channels and patterns are counted together, those of shards apart.
    int count(PubSub.Kind kind) {
        if (kind == PubSub.Kind.SHARD_CHANNEL) return of(kind).size();
        return of(PubSub.Kind.CHANNEL).size() + of(PubSub.Kind.PATTERN).size();
    }

    boolean isEmpty() {
        return count(PubSub.Kind.CHANNEL) + count(PubSub.Kind.SHARD_CHANNEL) == 0;
    }
}
