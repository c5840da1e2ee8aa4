package redis.server;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import redis.resp.ByteString;
import redis.resp.Resp;

import static java.lang.System.Logger.Level.WARNING;

/// Finds the command that a request names, and carries it out.
final class CommandTable {

    private static final System.Logger LOG = System.getLogger(CommandTable.class.getName());

    /// How much of an unknown command's name and arguments an error repeats, in bytes.
    private static final int PREVIEW = 128;

    private final Map<String, Command> commands = new LinkedHashMap<>();

    /// The same commands under the bytes by which clients usually name them, all lower or all upper case: one lookup, no conversion.
    private final Map<ByteString, Command> byUsualName = new HashMap<>();

    private final Map<String, String> groups = new HashMap<>();
    private final List<Guard> guards = new ArrayList<>();
    private final HttpRequests http = new HttpRequests(System::nanoTime);
    private final Propagation propagation;

    private long executed;

    CommandTable(Propagation propagation) {
        this.propagation = propagation;
    }

    /// @param group what these commands have in common, as Redis's documentation groups them: `string`
    void add(String group, Command... added) {
        for (var command : added) {
            commands.put(command.name(), command);
            byUsualName.put(ByteString.of(command.name()), command);
            byUsualName.put(ByteString.of(command.name().toUpperCase(Locale.ROOT)), command);
            groups.put(command.name(), group);
        }
    }

    /// Looks at each command before it is carried out.
    @FunctionalInterface
    interface Guard {

        /// @throws CommandException if the command cannot be carried out now, or not for this client
        void admit(ClientSession client, Command command);
    }

    void add(Guard guard) {
        guards.add(guard);
    }

    /// @return the group of a command; null for a subcommand
    String group(Command command) {
        return groups.get(command.name());
    }

    /// All commands, without subcommands, in the order in which they were added.
    Collection<Command> all() {
        return commands.values();
    }

    /// @param name in any case
    /// @return the command, or null if there is none of this name
    Command find(ByteString name) {
        var command = byUsualName.get(name);
        return command != null ? command : commands.get(name.toLatin1().toLowerCase(Locale.ROOT));
    }

    /// How many requests have been carried out.
    long executed() {
        return executed;
    }

    void resetStatistics() {
        executed = 0;
    }

    /// Carries out a request, or queues it for EXEC. The caller holds the store's lock.
    ///
    /// @return the reply, which is an error if the request cannot be carried out; null if the client gets none, or has it already
    Resp execute(ClientSession client, List<ByteString> request) {
        executed++;
        var command = find(request.getFirst());
        if (command == null && http.recognize(request.getFirst(), client.peer())) {
            client.endAfterReply();
            return null;
        }
        Command admitted;
        try {
            admitted = admit(command, client, request);
        } catch (CommandException e) {
            return refuse(command, client, e);
        }
        boolean queues = client.isInTransaction() && client.transaction().queues(admitted);
        return queues ? client.queue(admitted, request) : run(admitted, client, request);
    }

    private Command admit(Command command, ClientSession client, List<ByteString> request) {
        client.calls(null); // unless there is such a command
        var resolved = resolve(command, request);
        client.calls(resolved);
        requireArity(resolved, request);
        var judged = isExec(resolved) ? client.transaction().asOne(resolved) : resolved;
        for (var guard : guards) guard.admit(client, judged);
        return resolved;
    }

    /// What is refused before it is queued would be missing in the transaction: it is not carried out at all.
    private static Resp refuse(Command command, ClientSession client, CommandException reason) {
        var message = reason.getMessage();
        if (isExec(command)) {
            client.transaction().discard();
            message = "EXECABORT Transaction discarded because of: " + (message.startsWith("ERR ") ? message.substring("ERR ".length()) : message);
        } else if (client.isInTransaction()) {
            client.transaction().breakOff();
        }
        return Resp.error(message);
    }

    private static boolean isExec(Command command) {
        return command != null && command.name().equals("exec");
    }

    /// Carries out a command that has been admitted.
    ///
    /// @return as [#execute]
    Resp run(Command command, ClientSession client, List<ByteString> request) {
        try {
            return propagation.call(command, client, request);
        } catch (CommandException e) {
            return Resp.error(e.getMessage());
        }
    }

    /// Carries out a command of the log once more. An error is what it was the first time: it changed nothing.
    ///
    /// @throws CommandException if this cannot be a command of a log
    void replay(List<ByteString> request) {
        var command = resolve(find(request.getFirst()), request);
        requireArity(command, request);
        boolean select = command.name().equals("select");
        if (!select && !command.flags().contains(Command.Flag.WRITE)) {
            throw new CommandException("ERR '" + command.name() + "' changes nothing and has no place in a log");
        }
        try {
            command.handler().handle(null, request);
        } catch (CommandException e) {
            if (select) throw e;
            LOG.log(WARNING, "A '" + command.name() + "' of the log has changed nothing: " + e.getMessage());
        }
    }

    /// @return the command that the master sends
    /// @throws CommandException if this server does not know it, or not such a database: it can no longer follow
    Command requireKnown(List<ByteString> request) {
        var command = resolve(find(request.getFirst()), request);
        requireArity(command, request);
        if (command.name().equals("select")) command.handler().handle(null, request);
        return command;
    }

    /// Carries out a command of the master.
    ///
    /// @throws CommandException if it cannot be carried out here as it was there: this server can no longer follow
    void apply(List<ByteString> request) {
        var command = requireKnown(request);
        boolean hasEffect = command.flags().contains(Command.Flag.WRITE) || command.flags().contains(Command.Flag.PUBSUB);
        if (!hasEffect) return; // a PING: the master is there
        executed++;
        if (propagation.call(command, null, request) instanceof Resp.SimpleError(var message)) throw new CommandException(message);
    }

    /// Carries out commands of the master, of which the log is to have all or none.
    ///
    /// @throws CommandException as [#apply]
    void applyAll(List<List<ByteString>> requests) {
        propagation.together(() -> requests.forEach(this::apply));
    }

    /// Has what was applied written to the log.
    void applied() {
        propagation.propagateExpired();
    }

    private static Command resolve(Command command, List<ByteString> request) {
        if (command == null) throw unknownCommand(request);
        return command.subcommands().isEmpty() || request.size() == 1 ? command : subcommand(command, request.get(1));
    }

    private static void requireArity(Command command, List<ByteString> request) {
        if (!command.accepts(request.size())) throw CommandException.wrongArity(command.name());
    }

    private static Command subcommand(Command parent, ByteString name) {
        int prefix = parent.name().length() + 1;
        for (var command : parent.subcommands()) {
            if (name.equalsIgnoreCase(command.name().substring(prefix))) return command;
        }
        throw new CommandException("ERR unknown subcommand '%s'. Try %s HELP."
                .formatted(preview(name, PREVIEW), parent.name().toUpperCase(Locale.ROOT)));
    }

    private static CommandException unknownCommand(List<ByteString> request) {
        var arguments = new StringBuilder();
        for (int i = 1; i < request.size() && arguments.length() < PREVIEW; i++) {
            var argument = preview(request.get(i), PREVIEW - arguments.length());
            arguments.append('\'').append(argument).append("' ");
        }
        return new CommandException("ERR unknown command '%s', with args beginning with: %s"
                .formatted(preview(request.getFirst(), PREVIEW), arguments));
    }

    /// The beginning of a text. For Redis it also ends at a zero byte, as every string of C.
    private static String preview(ByteString text, int limit) {
        var preview = text.substring(0, Math.min(text.length(), limit)).toLatin1();
        int end = preview.indexOf('\0');
        return end < 0 ? preview : preview.substring(0, end);
    }
}
