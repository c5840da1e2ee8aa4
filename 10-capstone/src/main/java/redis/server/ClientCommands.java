package redis.server;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.ClientPause.Mode;
import redis.server.ClientPause.Purpose;
import redis.server.ClientSession.Unblocked;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

import static redis.server.Command.Flag.ADMIN;
import static redis.server.Command.Flag.LOADING;
import static redis.server.Command.Flag.NOSCRIPT;
import static redis.server.Command.Flag.STALE;

/// CLIENT: what a connection has of its own, and who else is there.
final class ClientCommands {

    private static final EnumSet<Flag> OWN = EnumSet.of(NOSCRIPT, LOADING, STALE);
    private static final EnumSet<Flag> OTHERS = EnumSet.of(ADMIN, NOSCRIPT, LOADING, STALE);

    private final Set<ClientSession> sessions;
    private final ClientPause pause;

    /// @param sessions those of all clients, which come and go in other threads
    ClientCommands(Set<ClientSession> sessions, ClientPause pause) {
        this.sessions = sessions;
        this.pause = pause;
    }

    void addTo(CommandTable table) {
        table.add("connection",
                Command.group("client", -2, EnumSet.noneOf(Flag.class),
                        "Groups the commands about clients.", null,
                        Command.of("client|id", 2, OWN, Keys.NONE,
                                "Return the number of this connection.", this::id),
                        Command.of("client|getname", 2, OWN, Keys.NONE,
                                "Return the name of this connection.", this::getName),
                        Command.of("client|setname connection-name", 3, OWN, Keys.NONE,
                                "Give this connection a name.", this::setName),
                        Command.of("client|setinfo LIB-NAME|LIB-VER value", 4, OWN, Keys.NONE,
                                "Take note of the library that the client uses, or its version.", this::setInfo),
                        Command.of("client|info", 2, OWN, Keys.NONE,
                                "Tell about this connection.", this::info),
                        Command.of("client|list [TYPE NORMAL|MASTER|REPLICA|PUBSUB] [ID client-id [client-id ...]]", -2, OTHERS, Keys.NONE,
                                "Tell about all connections, or about some.", this::list),
                        Command.of("client|kill ip:port | [ID client-id] [TYPE NORMAL|MASTER|SLAVE|REPLICA|PUBSUB] [USER username] [ADDR ip:port] [LADDR ip:port] [SKIPME yes/no]",
                                -3, OTHERS, Keys.NONE,
                                "End connections: all to which everything applies.", this::kill),
                        Command.of("client|reply ON|OFF|SKIP", 3, OWN, Keys.NONE,
                                "Choose which requests get a reply: all, none, or not the next one.", this::reply),
                        Command.of("client|pause timeout [WRITE|ALL]", -3, OTHERS, Keys.NONE,
                                "Have requests wait for so many milliseconds: those that write, or all.", this::pause),
                        Command.of("client|unpause", 2, OTHERS, Keys.NONE,
                                "Have them go on.", this::unpause),
                        Command.of("client|unblock client-id [TIMEOUT|ERROR]", -3, OTHERS, Keys.NONE,
                                "End the wait of a client, as if its time were over, or with an error.", this::unblock),
                        Command.of("client|no-evict ON|OFF", 3, OTHERS, Keys.NONE,
                                "Keep this connection when others are ended to save memory.", this::noEvict)));
    }

    // ---- this connection ----

    private Resp id(ClientSession client, List<ByteString> request) {
        return Resp.integer(client.id());
    }

    private Resp getName(ClientSession client, List<ByteString> request) {
        return client.name().isEmpty() ? Resp.Null.BULK_STRING : Resp.bulk(client.name());
    }

    private Resp setName(ClientSession client, List<ByteString> request) {
        client.rename(requireClientName(request.get(2)));
        return Resp.OK;
    }

    static ByteString requireClientName(ByteString name) {
        return requirePrintable(name, "Client names");
    }

    /// From Redis 7.2. Every new client library sends it and takes any answer. It is checked and not kept: nothing shows it.
    private Resp setInfo(ClientSession client, List<ByteString> request) {
        var attribute = request.get(2);
        if (attribute.equalsIgnoreCase("lib-name")) requirePrintable(request.get(3), "lib-name");
        else if (attribute.equalsIgnoreCase("lib-ver")) requirePrintable(request.get(3), "lib-ver");
        else throw new CommandException("ERR Unrecognized option '" + attribute.toLatin1() + "'");
        return Resp.OK;
    }

    private static ByteString requirePrintable(ByteString text, String what) {
        for (int i = 0; i < text.length(); i++) {
            if (text.at(i) < '!' || text.at(i) > '~') {
                throw new CommandException("ERR " + what + " cannot contain spaces, newlines or special characters.");
            }
        }
        return text;
    }

    /// Takes note of it, and no more: nobody is disconnected to save memory.
    private Resp noEvict(ClientSession client, List<ByteString> request) {
        if (request.get(2).equalsIgnoreCase("on")) client.noEvict(true);
        else if (request.get(2).equalsIgnoreCase("off")) client.noEvict(false);
        else throw new CommandException(CommandException.SYNTAX);
        return Resp.OK;
    }

    private Resp reply(ClientSession client, List<ByteString> request) {
        var mode = request.get(2);
        if (mode.equalsIgnoreCase("on")) {
            client.replyMode().on();
            return Resp.OK;
        }
        if (mode.equalsIgnoreCase("off")) client.replyMode().off();
        else if (mode.equalsIgnoreCase("skip")) client.replyMode().skipNext();
        else throw new CommandException(CommandException.SYNTAX);
        return null;
    }

    private Resp info(ClientSession client, List<ByteString> request) {
        return describe(Stream.of(client));
    }

    // ---- all connections ----

    private Resp list(ClientSession client, List<ByteString> request) {
        if (request.size() == 2) return describe(live());
        var option = request.get(2);
        if (option.equalsIgnoreCase("type") && request.size() == 4) {
            var type = type(request.get(3));
            return describe(live().filter(each -> each.type() == type));
        }
        if (option.equalsIgnoreCase("id") && request.size() > 3) {
            var byId = live().collect(Collectors.toMap(ClientSession::id, each -> each));
            return describe(request.stream().skip(3)
                    .map(id -> byId.get(Arguments.integer(id, "ERR Invalid client ID"))).filter(Objects::nonNull));
        }
        throw new CommandException(CommandException.SYNTAX);
    }

    /// In the order in which they have connected.
    private Stream<ClientSession> live() {
        return sessions.stream().filter(ClientSession::isLive).sorted(Comparator.comparingLong(ClientSession::id));
    }

    private static ClientType type(ByteString name) {
        var type = ClientType.named(name.toLatin1());
        if (type == null) throw new CommandException("ERR Unknown client type '" + name.toLatin1() + "'");
        return type;
    }

    /// A line for each client.
    private static Resp describe(Stream<ClientSession> clients) {
        var lines = clients.map(client -> client.info().entrySet().stream()
                .map(field -> field.getKey() + "=" + field.getValue()).collect(Collectors.joining(" ", "", "\n")));
        return new Resp.VerbatimString("txt", ByteString.of(lines.collect(Collectors.joining())));
    }

    /// The old form names one client by its address, and may end its own connection. The new one has filters, and by itself spares the caller.
    private Resp kill(ClientSession client, List<ByteString> request) {
        if (request.size() == 3) {
            var address = request.get(2).toLatin1();
            var victim = live().filter(each -> each.address().equals(address)).findFirst()
                    .orElseThrow(() -> new CommandException("ERR No such client"));
            kill(client, victim);
            return Resp.OK;
        }
        var filters = new HashMap<String, Predicate<ClientSession>>();
        filters.put("skipme", each -> each != client);
        for (int i = 2; i < request.size(); i += 2) {
            if (i + 1 == request.size()) throw new CommandException(CommandException.SYNTAX);
            var option = request.get(i).toLatin1().toLowerCase(Locale.ROOT);
            filters.put(option, filter(client, option, request.get(i + 1)));
        }
        var victims = live().filter(each -> filters.values().stream().allMatch(filter -> filter.test(each))).toList();
        for (var victim : victims) kill(client, victim);
        return Resp.integer(victims.size());
    }

    private static Predicate<ClientSession> filter(ClientSession client, String option, ByteString value) {
        var text = value.toLatin1();
        return switch (option) {
            case "id" -> {
                long id = requirePositive(value);
                yield each -> each.id() == id;
            }
            case "type" -> {
                var type = type(value);
                yield each -> each.type() == type;
            }
            case "addr" -> each -> each.address().equals(text);
            case "laddr" -> each -> each.localAddress().equals(text);
            case "user" -> {
                if (!text.equals("default")) throw new CommandException("ERR No such user '" + text + "'");
                yield _ -> true;
            }
            case "skipme" -> switch (text.toLowerCase(Locale.ROOT)) {
                case "yes" -> each -> each != client;
                case "no" -> _ -> true;
                default -> throw new CommandException(CommandException.SYNTAX);
            };
            default -> throw new CommandException(CommandException.SYNTAX);
        };
    }

    private static long requirePositive(ByteString id) {
        var message = "ERR client-id should be greater than 0";
        long number = Arguments.integer(id, message);
        if (number <= 0) throw new CommandException(message);
        return number;
    }

    /// Who ends itself gets the reply first.
    private static void kill(ClientSession client, ClientSession victim) {
        if (victim == client) client.endAfterReply();
        else client.kill(victim);
    }

    private Resp pause(ClientSession client, List<ByteString> request) {
        if (request.size() > 4) throw unknownOrWrongArity(request);
        var mode = request.size() == 3 ? Mode.ALL : mode(request.get(3));
        long millis = Arguments.integer(request.get(2), "ERR timeout is not an integer or out of range");
        if (millis < 0) throw new CommandException("ERR timeout is negative");
        pause.begin(Purpose.CLIENT_COMMAND, mode, Math.min(TimeUnit.MILLISECONDS.toNanos(millis), ClientPause.FOREVER));
        return Resp.OK;
    }

    private static Mode mode(ByteString name) {
        if (name.equalsIgnoreCase("write")) return Mode.WRITE;
        if (name.equalsIgnoreCase("all")) return Mode.ALL;
        throw new CommandException("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }

    private Resp unpause(ClientSession client, List<ByteString> request) {
        pause.end(Purpose.CLIENT_COMMAND);
        return Resp.OK;
    }

    private Resp unblock(ClientSession client, List<ByteString> request) {
        if (request.size() > 4) throw unknownOrWrongArity(request);
        var how = request.size() == 3 ? Unblocked.WITH_TIMEOUT : how(request.get(3));
        long id = Arguments.integer(request.get(2));
        return Resp.integer(live().anyMatch(each -> each.id() == id && each.unblock(how)));
    }

    private static Unblocked how(ByteString reason) {
        if (reason.equalsIgnoreCase("timeout")) return Unblocked.WITH_TIMEOUT;
        if (reason.equalsIgnoreCase("error")) return Unblocked.WITH_ERROR;
        throw new CommandException("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }

    private static CommandException unknownOrWrongArity(List<ByteString> request) {
        return new CommandException("ERR unknown subcommand or wrong number of arguments for '%s'. Try CLIENT HELP.".formatted(request.get(1).toLatin1()));
    }
}
