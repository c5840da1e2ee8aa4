package redis.server;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespVersion;
import redis.server.Command.Flag;
import redis.server.Command.Keys;
import redis.server.PubSub.Kind;

import static redis.server.Command.Flag.FAST;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.NOSCRIPT;
import static redis.server.Command.Flag.PUBSUB;
import static redis.server.Command.Flag.STALE;

/// The commands about channels and messages.
final class PubSubCommands {

    private static final Set<String> ALLOWED_WHILE_SUBSCRIBED = Set.of("subscribe", "unsubscribe", "psubscribe", "punsubscribe",
            "ssubscribe", "sunsubscribe", "ping", "quit", "reset");

    private final PubSub pubSub;
    private final Propagation propagation;

    PubSubCommands(PubSub pubSub, Propagation propagation) {
        this.pubSub = pubSub;
        this.propagation = propagation;
    }

    void addTo(CommandTable table) {
        var subscribing = EnumSet.of(PUBSUB, NOSCRIPT, LOADING, STALE);
        var publishing = EnumSet.of(PUBSUB, LOADING, STALE, FAST);
        var asking = EnumSet.of(PUBSUB, LOADING, STALE);
        table.add("pubsub",
                Command.of("subscribe channel [channel ...]", -2, subscribing, Keys.NONE,
                        "Listens to channels.", (client, request) -> subscribe(client, Kind.CHANNEL, request)),
                Command.of("unsubscribe [channel [channel ...]]", -1, subscribing, Keys.NONE,
                        "Ends listening to these channels, or to all.", (client, request) -> unsubscribe(client, Kind.CHANNEL, request)),
                Command.of("psubscribe pattern [pattern ...]", -2, subscribing, Keys.NONE,
                        "Listens to all channels that match one of these patterns.", (client, request) -> subscribe(client, Kind.PATTERN, request)),
                Command.of("punsubscribe [pattern [pattern ...]]", -1, subscribing, Keys.NONE,
                        "Ends listening to these patterns, or to all.", (client, request) -> unsubscribe(client, Kind.PATTERN, request)),
                Command.of("ssubscribe shardchannel [shardchannel ...]", -2, subscribing, Keys.ALL,
                        "Listens to shard channels.", (client, request) -> subscribe(client, Kind.SHARD_CHANNEL, request)),
                Command.of("sunsubscribe [shardchannel [shardchannel ...]]", -1, subscribing, Keys.ALL,
                        "Ends listening to these shard channels, or to all.", (client, request) -> unsubscribe(client, Kind.SHARD_CHANNEL, request)),
                Command.of("publish channel message", 3, publishing, Keys.NONE,
                        "Sends a message to all who listen to a channel.", (_, request) -> publish(Kind.CHANNEL, request)),
                Command.of("spublish shardchannel message", 3, publishing, Keys.FIRST,
                        "Sends a message to all who listen to a shard channel.", (_, request) -> publish(Kind.SHARD_CHANNEL, request)),
                Command.group("pubsub", -2, EnumSet.noneOf(Flag.class),
                        "Groups the commands that tell who listens.", null,
                        Command.of("pubsub|channels [pattern]", -2, asking, Keys.NONE,
                                "Return the channels that somebody listens to by name.", (_, request) -> channels(Kind.CHANNEL, request)),
                        Command.of("pubsub|numsub [channel [channel ...]]", -2, asking, Keys.NONE,
                                "Return how many clients listen to each of these channels by name.", (_, request) -> numSub(Kind.CHANNEL, request)),
                        Command.of("pubsub|numpat", 2, asking, Keys.NONE,
                                "Return how many patterns somebody listens to.", this::numPat),
                        Command.of("pubsub|shardchannels [pattern]", -2, asking, Keys.NONE,
                                "Return the shard channels that somebody listens to.", (_, request) -> channels(Kind.SHARD_CHANNEL, request)),
                        Command.of("pubsub|shardnumsub [shardchannel [shardchannel ...]]", -2, asking, Keys.NONE,
                                "Return how many clients listen to each of these shard channels.", (_, request) -> numSub(Kind.SHARD_CHANNEL, request))));
    }

    /// In version 2 of the protocol a message looks like a reply. So a client that may get one at any time cannot ask for anything else.
    ///
    /// @throws CommandException if this is such a client, and the command would have a reply
    void admit(ClientSession client, Command command) {
        if (!client.isSubscribed() || client.version() == RespVersion.RESP3 || ALLOWED_WHILE_SUBSCRIBED.contains(command.name())) return;
        throw new CommandException("ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
                .formatted(command.name()));
    }

    /// Each name gets a confirmation of its own. They are pushed, as messages are: there is no other reply.
    private Resp subscribe(ClientSession client, Kind kind, List<ByteString> request) {
        if (kind == Kind.SHARD_CHANNEL && client.isExecuting()) {
            throw new CommandException("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"); // which the others are, for those who rely on it
        }
        for (var name : request.subList(1, request.size())) {
            pubSub.subscribe(client, kind, name);
            confirm(client, kind, "subscribe", Resp.bulk(name));
        }
        return null;
    }

    private Resp unsubscribe(ClientSession client, Kind kind, List<ByteString> request) {
        var names = request.size() > 1 ? request.subList(1, request.size()) : List.copyOf(client.subscriptions().of(kind));
        for (var name : names) {
            pubSub.unsubscribe(client, kind, name);
            confirm(client, kind, "unsubscribe", Resp.bulk(name));
        }
        if (names.isEmpty()) confirm(client, kind, "unsubscribe", Resp.Null.BULK_STRING);
        return null;
    }

    private static void confirm(ClientSession client, Kind kind, String what, Resp name) {
        var count = Resp.integer(client.subscriptions().count(kind));
        client.push(new Message(new Resp.Push(List.of(Resp.bulk(kind.named(what)), name, count))));
    }

    private Resp publish(Kind kind, List<ByteString> request) {
        propagation.forward(request); // to those who listen to a replica
        return Resp.integer(pubSub.publish(kind, request.get(1), request.get(2)));
    }

    private Resp channels(Kind kind, List<ByteString> request) {
        if (request.size() > 3) {
            throw new CommandException("ERR unknown subcommand or wrong number of arguments for '%s'. Try PUBSUB HELP."
                    .formatted(request.get(1).toLatin1()));
        }
        var pattern = request.size() == 3 ? new GlobPattern(request.get(2)) : null;
        return new Resp.Array(pubSub.channels(kind).stream()
                .filter(channel -> pattern == null || pattern.matches(channel))
                .map(Resp::bulk).toList());
    }

    private Resp numSub(Kind kind, List<ByteString> request) {
        var numbers = new ArrayList<Resp>();
        for (var channel : request.subList(2, request.size())) {
            numbers.add(Resp.bulk(channel));
            numbers.add(Resp.integer(pubSub.subscribers(kind, channel)));
        }
        return new Resp.Array(numbers);
    }

    private Resp numPat(ClientSession client, List<ByteString> request) {
        return Resp.integer(pubSub.channels(Kind.PATTERN).size());
    }
}
