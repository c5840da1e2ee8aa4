package redis.server;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

/// COMMAND: the table describes itself, which is how redis-cli knows what to complete and client libraries which words are keys.
final class IntrospectionCommands {

    private final CommandTable table;
    private final CommandDescriptions descriptions;

    IntrospectionCommands(CommandTable table) {
        this.table = table;
        descriptions = new CommandDescriptions(table);
    }

    void addTo(CommandTable table) {
        var flags = EnumSet.of(Flag.LOADING, Flag.STALE);
        table.add("server",
                Command.group("command", -1, flags,
                        "Describes all commands.", this::command,
                        Command.of("command|count", 2, flags, Keys.NONE,
                                "Return how many commands there are.", this::count),
                        Command.of("command|list [FILTERBY (MODULE module-name | ACLCAT category | PATTERN pattern)]", -2, flags, Keys.NONE,
                                "Return the names of all commands, or of some.", this::list),
                        Command.of("command|info [command-name ...]", -2, flags, Keys.NONE,
                                "Describe these commands to a program.", this::info),
                        Command.of("command|docs [command-name ...]", -2, flags, Keys.NONE,
                                "Describe these commands to people.", this::docs),
                        Command.of("command|getkeys command [argument ...]", -4, flags, Keys.NONE,
                                "Return the keys of a request.", this::getKeys),
                        Command.of("command|getkeysandflags command [argument ...]", -4, flags, Keys.NONE,
                                "Return the keys of a request, and what it does with them.", this::getKeysAndFlags)));
    }

    private Resp command(ClientSession client, List<ByteString> request) {
        return descriptions.info(table.all());
    }

    private Resp count(ClientSession client, List<ByteString> request) {
        return Resp.integer(table.all().size());
    }

    private Resp list(ClientSession client, List<ByteString> request) {
        var wanted = request.size() == 2 ? (Predicate<Command>) _ -> true : filter(request);
        var names = new ArrayList<Resp>();
        table.forEach(command -> {
            if (wanted.test(command)) names.add(Resp.bulk(command.name()));
        });
        return new Resp.Array(names);
    }

    private Predicate<Command> filter(List<ByteString> request) {
        if (request.size() != 5 || !request.get(2).equalsIgnoreCase("filterby")) throw new CommandException(CommandException.SYNTAX);
        var value = request.get(4).toLatin1().toLowerCase(Locale.ROOT);
        return switch (request.get(3).toLatin1().toLowerCase(Locale.ROOT)) {
            case "module" -> _ -> false; // there are none
            case "aclcat" -> command -> CommandFacts.categories(command, table.group(command)).contains("@" + value);
            case "pattern" -> {
                var pattern = new GlobPattern(ByteString.of(value));
                yield command -> pattern.matches(ByteString.of(command.name()));
            }
            default -> throw new CommandException(CommandException.SYNTAX);
        };
    }

    private Resp info(ClientSession client, List<ByteString> request) {
        if (request.size() == 2) return descriptions.info(table.all());
        var infos = new ArrayList<Resp>();
        for (var name : request.subList(2, request.size())) {
            var command = find(name);
            infos.add(command == null ? Resp.Null.BULK_STRING : descriptions.info(command));
        }
        return new Resp.Array(infos);
    }

    private Resp docs(ClientSession client, List<ByteString> request) {
        if (request.size() == 2) return descriptions.docs(table.all());
        return descriptions.docs(request.stream().skip(2).map(this::find).filter(Objects::nonNull).toList());
    }

    /// @param name of a command; or of a subcommand, with its parent's: `config|get`
    /// @return null if there is none of this name
    private Command find(ByteString name) {
        var command = table.find(name);
        if (command != null) return command;
        return table.all().stream()
                .flatMap(parent -> parent.subcommands().stream())
                .filter(subcommand -> name.equalsIgnoreCase(subcommand.name()))
                .findFirst().orElse(null);
    }

    private Resp getKeys(ClientSession client, List<ByteString> request) {
        var wanted = request.subList(2, request.size());
        var keys = new ArrayList<Resp>();
        for (var spec : keySpecs(wanted)) spec.keysOf(wanted).forEach(key -> keys.add(Resp.bulk(key)));
        return new Resp.Array(keys);
    }

    private Resp getKeysAndFlags(ClientSession client, List<ByteString> request) {
        var wanted = request.subList(2, request.size());
        var keys = new ArrayList<Resp>();
        for (var spec : keySpecs(wanted)) {
            var flags = CommandDescriptions.words(spec.flagsFor(wanted).stream());
            for (var key : spec.keysOf(wanted)) keys.add(Resp.array(Resp.bulk(key), flags));
        }
        return new Resp.Array(keys);
    }

    /// @return at least one
    /// @throws CommandException if it is no command, has no keys, or not so many words
    private List<KeySpec> keySpecs(List<ByteString> request) {
        var command = table.commandOf(request);
        if (command == null) throw new CommandException("ERR Invalid command specified");
        var specs = CommandDescriptions.keySpecs(command).stream().filter(KeySpec::isOfKeys).toList();
        if (specs.isEmpty()) throw new CommandException("ERR The command has no key arguments");
        if (!command.accepts(request.size())) throw new CommandException("ERR Invalid number of arguments specified for command");
        return specs;
    }
}
