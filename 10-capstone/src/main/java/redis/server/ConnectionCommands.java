package redis.server;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespVersion;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.ALLOW_BUSY;
import static redis.server.Command.Flag.FAST;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.NOSCRIPT;
import static redis.server.Command.Flag.NO_AUTH;
import static redis.server.Command.Flag.STALE;

/// The commands about the connection itself.
final class ConnectionCommands {

    private static final Resp PONG = new Resp.SimpleString("PONG");

    private static final EnumSet<Flag> ALWAYS = EnumSet.of(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY);

    private final PubSub pubSub;
    private final Replication replication;
    private final Authentication authentication;

    ConnectionCommands(PubSub pubSub, Replication replication, Authentication authentication) {
        this.pubSub = pubSub;
        this.replication = replication;
        this.authentication = authentication;
    }

    void addTo(CommandTable table) {
        table.add("connection",
                Command.of("ping [message]", -1, EnumSet.of(FAST), Keys.NONE,
                        "Answers PONG, or what it was given.", this::ping),
                Command.of("echo message", 2, EnumSet.of(LOADING, STALE, FAST), Keys.NONE,
                        "Answers what it was given.", this::echo),
                Command.of("quit", -1, ALWAYS, Keys.NONE,
                        "Closes the connection.", this::quit),
                Command.of("select index", 2, EnumSet.of(LOADING, STALE, FAST), Keys.NONE,
                        "Chooses a database, of which there is one: 0.", this::select),
                Command.of("reset", 1, ALWAYS, Keys.NONE,
                        "Makes the connection as good as new.", this::reset),
                Command.of("auth [username] password", -2, ALWAYS, Keys.NONE,
                        "Gives the server's password.", authentication::auth),
                Command.of("hello [protover [AUTH username password] [SETNAME clientname]]", -1, ALWAYS, Keys.NONE,
                        "Agrees on the version of the protocol.", this::hello));
    }

    /// A client that may get messages in version 2 of the protocol gets what looks like one.
    private Resp ping(ClientSession client, List<ByteString> request) {
        if (client.isSubscribed() && client.version() == RespVersion.RESP2 && request.size() <= 2) {
            return Resp.array(Resp.bulk("pong"), Resp.bulk(request.size() == 2 ? request.get(1) : ByteString.EMPTY));
        }
        return switch (request.size()) {
            case 1 -> PONG;
            case 2 -> Resp.bulk(request.get(1));
            default -> throw CommandException.wrongArity("ping");
        };
    }

    private Resp echo(ClientSession client, List<ByteString> request) {
        return Resp.bulk(request.get(1));
    }

    private Resp quit(ClientSession client, List<ByteString> request) {
        client.endAfterReply();
        return Resp.OK;
    }

    private Resp select(ClientSession client, List<ByteString> request) {
        Arguments.database(request.get(1));
        return Resp.OK;
    }

    private Resp reset(ClientSession client, List<ByteString> request) {
        client.discardTransaction();
        pubSub.forget(client);
        client.rename(ByteString.EMPTY);
        client.speak(RespVersion.RESP2);
        client.becomesNew();
        return new Resp.SimpleString("RESET");
    }

    /// Without arguments, only tells about the server and the connection.
    private Resp hello(ClientSession client, List<ByteString> request) {
        var version = request.size() > 1 ? version(request.get(1)) : client.version();
        var name = client.name();
        for (int i = 2; i < request.size(); i++) {
            var option = request.get(i);
            if (option.equalsIgnoreCase("auth") && i + 2 < request.size()) {
                authentication.authenticate(client, request.get(++i), request.get(++i));
            } else if (option.equalsIgnoreCase("setname") && i + 1 < request.size()) {
                name = ClientCommands.requireClientName(request.get(++i));
            } else {
                throw new CommandException("ERR Syntax error in HELLO option '" + option.toLatin1() + "'");
            }
        }
        if (!client.isAuthenticated()) {
            throw new CommandException("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option "
                    + "can be used to authenticate the client and select the RESP protocol version at the same time");
        }
        client.rename(name);
        client.speak(version);
        var fields = new LinkedHashMap<Resp, Resp>();
        fields.put(Resp.bulk("server"), Resp.bulk("redis"));
        fields.put(Resp.bulk("version"), Resp.bulk(ServerInfo.REDIS_VERSION));
        fields.put(Resp.bulk("proto"), Resp.integer(version == RespVersion.RESP2 ? 2 : 3));
        fields.put(Resp.bulk("id"), Resp.integer(client.id()));
        fields.put(Resp.bulk("mode"), Resp.bulk("standalone"));
        fields.put(Resp.bulk("role"), Resp.bulk(replication.isReplica() ? "replica" : "master"));
        fields.put(Resp.bulk("modules"), Resp.array());
        return new Resp.Map(fields);
    }

    private static RespVersion version(ByteString argument) {
        long version = Arguments.integer(argument, "ERR Protocol version is not an integer or out of range");
        if (version == 2) return RespVersion.RESP2;
        if (version == 3) return RespVersion.RESP3;
        throw new CommandException("NOPROTO unsupported protocol version");
    }
}
