package redis.server;

import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import redis.resp.ByteString;
import redis.resp.Resp;

/// Who listens to what, and how a message gets to all of them.
///
/// A publisher does no more for a subscriber than to add a reference to its [Outbox]. Its writer is woken when the publisher has carried out
/// its own requests and given the store's lock free: many messages, one wake-up.
///
/// All methods are for the thread that holds the store's lock: it makes the order of messages that of the commands that publish them.
final class PubSub {

    /// What can be subscribed to. Each kind has names of its own.
    enum Kind {
        CHANNEL(""),
        /// all channels whose names match a pattern
        PATTERN("p"),
        /// a channel of a shard of a Redis Cluster. This server is all of its shards
        SHARD_CHANNEL("s");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }

        /// What commands and frames of this kind are called.
        ///
        /// @param what `subscribe`, `unsubscribe` or `message`
        String named(String what) {
            return prefix + what;
        }
    }

    private final Map<Kind, Map<ByteString, Set<ClientSession>>> subscribers = new EnumMap<>(Kind.class);

    PubSub() {
        for (var kind : Kind.values()) subscribers.put(kind, new HashMap<>());
    }

    void subscribe(ClientSession client, Kind kind, ByteString name) {
        client.subscriptions().of(kind).add(name);
        subscribers.get(kind).computeIfAbsent(name, _ -> new LinkedHashSet<>()).add(client);
        client.expectMessages();
    }

    void unsubscribe(ClientSession client, Kind kind, ByteString name) {
        if (!client.subscriptions().of(kind).remove(name)) return;
        subscribers.get(kind).computeIfPresent(name, (_, clients) -> {
            clients.remove(client);
            return clients.isEmpty() ? null : clients;
        });
    }

    /// Ends all subscriptions of a client.
    void forget(ClientSession client) {
        if (!client.isSubscribed()) return;
        for (var kind : Kind.values()) {
            for (var name : List.copyOf(client.subscriptions().of(kind))) unsubscribe(client, kind, name);
        }
    }

    /// Sends a message to all who listen.
    ///
    /// @param kind CHANNEL, which reaches patterns too, or SHARD_CHANNEL
    /// @return how often it was sent: a client gets it once for its channel, and once for each pattern of its own that matches
    int publish(Kind kind, ByteString channel, ByteString text) {
        int deliveries = 0;
        var listeners = subscribers.get(kind).get(channel);
        if (listeners != null) deliveries = deliver(listeners, Resp.bulk(kind.named("message")), Resp.bulk(channel), Resp.bulk(text));
        var patterns = subscribers.get(Kind.PATTERN);
        if (kind != Kind.CHANNEL || patterns.isEmpty()) return deliveries;
        for (var pattern : patterns.entrySet()) {
            if (!new GlobPattern(pattern.getKey()).matches(channel)) continue;
            deliveries += deliver(pattern.getValue(),
                    Resp.bulk(Kind.PATTERN.named("message")), Resp.bulk(pattern.getKey()), Resp.bulk(channel), Resp.bulk(text));
        }
        return deliveries;
    }

    private int deliver(Set<ClientSession> clients, Resp... frame) {
        var message = new Message(new Resp.Push(List.of(frame)));
        for (var client : clients) client.push(message);
        return clients.size();
    }

    /// The channels that somebody listens to by name.
    Collection<ByteString> channels(Kind kind) {
        return subscribers.get(kind).keySet();
    }

    /// How many clients listen to a channel by its name, or have a pattern.
    int subscribers(Kind kind, ByteString name) {
        return subscribers.get(kind).getOrDefault(name, Set.of()).size();
    }
}
