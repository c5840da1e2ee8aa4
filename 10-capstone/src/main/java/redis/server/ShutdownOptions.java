package redis.server;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import redis.resp.ByteString;

/// How a server is to end, as SHUTDOWN and the parameters for signals say it.
record ShutdownOptions(Set<Option> options) {

    enum Option {
        /// with a snapshot, even without save points
        SAVE,
        /// without one, even with save points
        NOSAVE,
        /// without waiting for replicas
        NOW,
        /// even if the data cannot be brought to disk
        FORCE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final String DEFAULT = "default";

    static ShutdownOptions of(Option... options) {
        var set = EnumSet.noneOf(Option.class);
        set.addAll(Arrays.asList(options));
        return new ShutdownOptions(set);
    }

    /// @param words of a SHUTDOWN, without its name
    /// @throws CommandException if one is unknown, or they contradict one another
    static ShutdownOptions parse(List<ByteString> words) {
        var options = EnumSet.noneOf(Option.class);
        for (var word : words) options.add(option(word.toLatin1(), CommandException.SYNTAX, CommandException::new));
        if (contradict(options)) throw new CommandException(CommandException.SYNTAX);
        return new ShutdownOptions(options);
    }

    /// @param text the value of a parameter: `default`, which adds nothing, and options, separated by spaces
    /// @throws IllegalArgumentException if one is unknown, or they contradict one another
    static ShutdownOptions parse(String text) {
        var options = EnumSet.noneOf(Option.class);
        for (var word : text.strip().split("\\s+")) {
            if (word.equalsIgnoreCase(DEFAULT)) continue;
            options.add(option(word, "argument(s) must be one of the following: default, save, nosave, now, force", IllegalArgumentException::new));
        }
        if (contradict(options)) throw new IllegalArgumentException("shutdown options SAVE and NOSAVE can't be used simultaneously");
        return new ShutdownOptions(options);
    }

    private static Option option(String word, String otherwise, Function<String, RuntimeException> failure) {
        return Arrays.stream(Option.values()).filter(option -> option.name().equalsIgnoreCase(word)).findFirst()
                .orElseThrow(() -> failure.apply(otherwise));
    }

    private static boolean contradict(Set<Option> options) {
        return options.contains(Option.SAVE) && options.contains(Option.NOSAVE);
    }

    boolean has(Option option) {
        return options.contains(option);
    }

    /// Whether a snapshot is to be saved.
    boolean save(SavePoints points) {
        return has(Option.SAVE) || !has(Option.NOSAVE) && !points.isEmpty();
    }

    /// As CONFIG GET shows it.
    String text() {
        return options.isEmpty() ? DEFAULT : options.stream().map(Option::toString).collect(Collectors.joining(" "));
    }
}
