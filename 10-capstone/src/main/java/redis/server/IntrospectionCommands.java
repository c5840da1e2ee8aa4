package redis.server;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

/// COMMAND: the table describes itself, which is how redis-cli knows what to complete and client libraries which words are keys.
final class IntrospectionCommands {

    private final CommandTable table;

    IntrospectionCommands(CommandTable table) {
        this.table = table;
    }

    void addTo(CommandTable table) {
        var flags = EnumSet.of(Flag.LOADING, Flag.STALE);
        table.add("server",
                Command.group("command", -1, flags,
                        "Describes all commands.", this::command,
                        Command.of("command|count", 2, flags, Keys.NONE,
                                "Return how many commands there are.", this::count),
                        Command.of("command|info [command-name ...]", -2, flags, Keys.NONE,
                                "Describe these commands to a program.", this::info),
                        Command.of("command|docs [command-name ...]", -2, flags, Keys.NONE,
                                "Describe these commands to people.", this::docs)));
    }

    private Resp command(ClientSession client, List<ByteString> request) {
        return describeAll(table.all());
    }

    private Resp count(ClientSession client, List<ByteString> request) {
        return Resp.integer(table.all().size());
    }

    private Resp info(ClientSession client, List<ByteString> request) {
        if (request.size() == 2) return describeAll(table.all());
        var descriptions = new ArrayList<Resp>();
        for (var name : request.subList(2, request.size())) {
            var command = find(name);
            descriptions.add(command == null ? Resp.Null.BULK_STRING : describe(command));
        }
        return new Resp.Array(descriptions);
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

    private static Resp describeAll(Iterable<Command> commands) {
        var descriptions = new ArrayList<Resp>();
        for (var command : commands) descriptions.add(describe(command));
        return new Resp.Array(descriptions);
    }

    /// The ten fields of Redis 7. Access control categories, tips and key specifications are left empty.
    private static Resp describe(Command command) {
        var none = new Resp.Set(List.of());
        var flags = command.flags().stream().<Resp>map(flag -> new Resp.SimpleString(flag.toString())).toList();
        return Resp.array(
                Resp.bulk(command.name()),
                Resp.integer(command.arity()),
                new Resp.Set(flags),
                Resp.integer(command.keys().first()),
                Resp.integer(command.keys().last()),
                Resp.integer(command.keys().step()),
                none, none, none,
                command.subcommands().isEmpty() ? none : describeAll(command.subcommands()));
    }

    private Resp docs(ClientSession client, List<ByteString> request) {
        var wanted = request.size() == 2
                ? table.all()
                : request.stream().skip(2).map(this::find).filter(command -> command != null).toList();
        return document(wanted);
    }

    private Resp document(Iterable<Command> commands) {
        var docs = new LinkedHashMap<Resp, Resp>();
        for (var command : commands) docs.put(Resp.bulk(command.name()), document(command));
        return new Resp.Map(docs);
    }

    private Resp document(Command command) {
        var doc = new LinkedHashMap<Resp, Resp>();
        doc.put(Resp.bulk("summary"), Resp.bulk(command.summary()));
        var group = table.group(command);
        if (group != null) doc.put(Resp.bulk("group"), Resp.bulk(group));
        if (!command.arguments().isEmpty()) {
            var argument = new LinkedHashMap<Resp, Resp>();
            argument.put(Resp.bulk("name"), Resp.bulk(command.arguments()));
            argument.put(Resp.bulk("type"), Resp.bulk("string"));
            doc.put(Resp.bulk("arguments"), Resp.array(new Resp.Map(argument)));
        }
        if (!command.subcommands().isEmpty()) doc.put(Resp.bulk("subcommands"), document(command.subcommands()));
        return new Resp.Map(doc);
    }
}
