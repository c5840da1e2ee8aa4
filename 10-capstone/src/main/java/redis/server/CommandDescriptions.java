package redis.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import redis.resp.Resp;

/// Describes commands, to programs in ten fields and to people in a map, as Redis does.
final class CommandDescriptions {

    private static final Resp NONE = new Resp.Set(List.of());

    private final CommandTable table;

    CommandDescriptions(CommandTable table) {
        this.table = table;
    }

    // ---- COMMAND INFO ----

    Resp info(Iterable<Command> commands) {
        var descriptions = new ArrayList<Resp>();
        for (var command : commands) descriptions.add(info(command));
        return new Resp.Array(descriptions);
    }

    Resp info(Command command) {
        var facts = CommandFacts.of(command);
        return Resp.array(
                Resp.bulk(command.name()),
                Resp.integer(command.arity()),
                words(command.flags().stream().map(Command.Flag::toString)),
                Resp.integer(command.keys().first()),
                Resp.integer(command.keys().last()),
                Resp.integer(command.keys().step()),
                words(CommandFacts.categories(command, table.group(command)).stream()),
                new Resp.Set(facts.tips().stream().map(Resp::bulk).toList()),
                new Resp.Set(keySpecs(command).stream().map(CommandDescriptions::describe).toList()),
                command.subcommands().isEmpty() ? NONE : info(command.subcommands()));
    }

    static List<KeySpec> keySpecs(Command command) {
        return KeySpec.of(command.keys(), CommandFacts.of(command).access());
    }

    private static Resp describe(KeySpec spec) {
        return map("flags", words(spec.flags().stream()),
                "begin_search", map("type", Resp.bulk("index"), "spec", map("index", Resp.integer(spec.first()))),
                "find_keys", map("type", Resp.bulk("range"), "spec",
                        map("lastkey", Resp.integer(spec.last()), "keystep", Resp.integer(spec.step()), "limit", Resp.integer(0))));
    }

    static Resp words(Stream<String> words) {
        return new Resp.Set(words.<Resp>map(Resp.SimpleString::new).toList());
    }

    private static Resp map(Object... entries) {
        var map = new LinkedHashMap<Resp, Resp>();
        for (int i = 0; i < entries.length; i += 2) map.put(Resp.bulk((String) entries[i]), (Resp) entries[i + 1]);
        return new Resp.Map(map);
    }

    // ---- COMMAND DOCS ----

    Resp docs(Iterable<Command> commands) {
        var docs = new LinkedHashMap<Resp, Resp>();
        for (var command : commands) docs.put(Resp.bulk(command.name()), docs(command));
        return new Resp.Map(docs);
    }

    private Resp docs(Command command) {
        var facts = CommandFacts.of(command);
        var doc = new LinkedHashMap<Resp, Resp>();
        put(doc, "summary", command.summary());
        put(doc, "since", facts.since());
        put(doc, "group", table.group(command));
        put(doc, "complexity", facts.complexity());
        if (!command.subcommands().isEmpty()) {
            doc.put(Resp.bulk("subcommands"), docs(command.subcommands()));
        } else if (!command.arguments().isEmpty()) {
            var keys = keySpecs(command);
            doc.put(Resp.bulk("arguments"), arguments(argumentsOf(command), keys.isEmpty() ? -1 : keys.size() - 1));
        }
        return new Resp.Map(doc);
    }

    private static List<Argument> argumentsOf(Command command) {
        var arguments = Syntax.parse(command.arguments());
        return command.name().endsWith("float") ? arguments.stream().map(Argument::asDouble).toList() : arguments;
    }

    private static void put(LinkedHashMap<Resp, Resp> doc, String name, String text) {
        if (!text.isEmpty()) doc.put(Resp.bulk(name), Resp.bulk(text));
    }

    /// @param lastKeySpec the number of the last specification of keys, from 0 on; -1: there is none
    private static Resp arguments(List<Argument> arguments, int lastKeySpec) {
        var described = new ArrayList<Resp>();
        int keys = 0;
        for (var argument : arguments) described.add(argument(argument, argument.type() == Argument.Type.KEY ? Math.min(keys++, lastKeySpec) : lastKeySpec));
        return new Resp.Array(described);
    }

    private static Resp argument(Argument argument, int keySpec) {
        var doc = new LinkedHashMap<Resp, Resp>();
        put(doc, "name", argument.name());
        put(doc, "type", argument.type().toString());
        if (argument.type() == Argument.Type.KEY) doc.put(Resp.bulk("key_spec_index"), Resp.integer(keySpec));
        if (argument.token() != null) put(doc, "token", argument.token());
        var flags = new ArrayList<String>();
        if (argument.optional()) flags.add("optional");
        if (argument.multiple()) flags.add("multiple");
        if (!flags.isEmpty()) doc.put(Resp.bulk("flags"), words(flags.stream()));
        if (!argument.parts().isEmpty()) doc.put(Resp.bulk("arguments"), arguments(argument.parts(), keySpec));
        return new Resp.Map(doc);
    }
}
