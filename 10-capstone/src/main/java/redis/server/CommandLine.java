package redis.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import redis.resp.ProtocolException;

/// The arguments of the program, by Redis's rules: perhaps a configuration file, and options, which win over it.
///
/// @param file null: none; `-`: the standard input
/// @param options `--name value…`, or both in one argument
record CommandLine(String file, List<Directive> options) {

    /// @throws IllegalArgumentException if they cannot be read; the message says why
    static CommandLine parse(List<String> arguments) {
        boolean hasFile = !arguments.isEmpty() && !arguments.getFirst().startsWith("--");
        var options = new ArrayList<Directive>();
        for (int i = hasFile ? 1 : 0; i < arguments.size(); ) {
            var words = words(arguments.get(i++).substring(2));
            var name = words.removeFirst().toLowerCase(Locale.ROOT);
            // What follows a name is a value, even if it looks like an option. All but those who want no snapshots have one.
            boolean takesNext = words.isEmpty() && i < arguments.size() && !(name.equals("save") && arguments.get(i).startsWith("--"));
            if (takesNext) words.add(arguments.get(i++));
            while (i < arguments.size() && !arguments.get(i).startsWith("--")) words.add(arguments.get(i++));
            if (words.isEmpty() && name.equals("save")) words.add("");
            options.add(new Directive(name, List.copyOf(words), null));
        }
        return new CommandLine(hasFile ? arguments.getFirst() : null, options);
    }

    private static List<String> words(String option) {
        try {
            var words = ConfigFile.words(new String(option.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
            if (!words.isEmpty()) return new ArrayList<>(words);
        } catch (ProtocolException e) {
            // the exception below serves both
        }
        throw new IllegalArgumentException("Unknown option --" + option + ".");
    }

    boolean asksForHelp() {
        return "-h".equals(file) || options.stream().anyMatch(option -> option.name().equals("help"));
    }
}
