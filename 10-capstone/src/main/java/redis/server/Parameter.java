package redis.server;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/// One of the server's parameters: its name is Redis's, its value has a type of its own and a text, in which a file, the command line and
/// CONFIG SET give it and CONFIG GET shows it.
final class Parameter<T> {

    private final String name;
    private final String help;
    private final Function<String, T> parse;
    private final Function<T, String> format;
    private final String initial;
    private Function<T, List<String>> lines;

    private volatile T value; // CONFIG SET runs in one session, and all threads read it
    private boolean severalWords; // its value may be
    private boolean addsUp;       // several lines of a file do
    private boolean given;        // by a file or the command line
    private boolean alwaysSaved;  // in a file that is rewritten
    private String refusal = "can't set immutable config"; // why CONFIG SET does not change it; null if it does
    private Consumer<T> onChange = _ -> {};

    /// @param help what the option does, for people
    /// @param parse throws IllegalArgumentException, with a reason in Redis's words, for a text that is no value
    private Parameter(String name, String help, String initial, Function<String, T> parse, Function<T, String> format) {
        this.name = name;
        this.help = help;
        this.initial = initial;
        this.parse = parse;
        this.format = format;
        this.lines = value -> List.of(format.apply(value));
        this.value = parse.apply(initial);
    }

    static <T> Parameter<T> of(String name, String help, String initial, Function<String, T> parse, Function<T, String> format) {
        return new Parameter<>(name, help, initial, parse, format);
    }

    /// Empty stands for none.
    static Parameter<String> text(String name, String help, String initial) {
        return new Parameter<String>(name, help, initial, text -> text, text -> text)
                .lines(text -> text.isEmpty() ? List.of() : List.of(ConfigFile.quote(text)));
    }

    /// Relative to where the server was started; shown in full.
    static Parameter<String> directory(String name, String help, String initial) {
        return new Parameter<String>(name, help, initial, text -> text, Parameter::absolute).lines(text -> List.of(ConfigFile.quote(absolute(text))));
    }

    private static String absolute(String directory) {
        return Path.of(directory).toAbsolutePath().normalize().toString();
    }

    /// The name of a file within a directory that another parameter names.
    static Parameter<String> fileName(String name, String help, String initial) {
        return new Parameter<String>(name, help, initial, text -> {
            if (text.isEmpty() || text.contains("/")) throw new IllegalArgumentException(name + " can't be a path, just a filename");
            return text;
        }, text -> text).lines(text -> List.of(ConfigFile.quote(text)));
    }

    /// Something that other servers can be told, and this one not: clients ask for it nevertheless.
    static Parameter<String> fixed(String name, String value) {
        return new Parameter<String>(name, "", value, text -> text, text -> text).lines(null);
    }

    static Parameter<Integer> number(String name, String help, int initial, int min, int max) {
        return new Parameter<>(name, help, Integer.toString(initial), text -> parseNumber(text, min, max), Object::toString);
    }

    static int parseNumber(String text, int min, int max) {
        try {
            long number = Long.parseLong(text);
            if (min <= number && number <= max) return (int) number;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("argument couldn't be parsed into an integer");
        }
        throw new IllegalArgumentException("argument must be between " + min + " and " + max + " inclusive");
    }

    /// A number of bytes, with or without a unit: `1000`, `1k` is 1000, `1kb` is 1024, and so on for `m` and `g`.
    static Parameter<Long> memory(String name, String help, String initial) {
        return memory(name, help, initial, Parameter::parseMemory);
    }

    static Parameter<Long> memory(String name, String help, String initial, Function<String, Long> parse) {
        return new Parameter<>(name, help, initial, parse, Object::toString).lines(bytes -> List.of(memoryText(bytes)));
    }

    /// In the largest unit that leaves nothing over.
    static String memoryText(long bytes) {
        if (bytes == 0) return "0";
        if (bytes % (1L << 30) == 0) return (bytes >> 30) + "gb";
        if (bytes % (1L << 20) == 0) return (bytes >> 20) + "mb";
        if (bytes % (1L << 10) == 0) return (bytes >> 10) + "kb";
        return Long.toString(bytes);
    }

    static long parseMemory(String text) {
        var digits = text.replaceFirst("\\D*$", "");
        long unit = switch (text.substring(digits.length()).toLowerCase(Locale.ROOT)) {
            case "", "b" -> 1;
            case "k" -> 1_000;
            case "kb" -> 1L << 10;
            case "m" -> 1_000_000;
            case "mb" -> 1L << 20;
            case "g" -> 1_000_000_000;
            case "gb" -> 1L << 30;
            default -> 0;
        };
        try {
            if (unit > 0 && digits.matches("\\d+")) return new BigInteger(digits).multiply(BigInteger.valueOf(unit)).longValueExact();
        } catch (ArithmeticException e) {
            // the exception below serves both
        }
        throw new IllegalArgumentException("argument must be a memory value");
    }

    static Parameter<Boolean> yesOrNo(String name, String help, boolean initial) {
        return new Parameter<>(name, help, initial ? "yes" : "no", text -> switch (text.toLowerCase(Locale.ROOT)) {
            case "yes" -> true;
            case "no" -> false;
            default -> throw new IllegalArgumentException("argument must be 'yes' or 'no'");
        }, value -> value ? "yes" : "no");
    }

    /// One of the constants of an enum, named in lower case.
    static <E extends Enum<E>> Parameter<E> oneOf(String name, String help, E initial) {
        var constants = initial.getDeclaringClass().getEnumConstants();
        return new Parameter<>(name, help, textOf(initial), text -> Arrays.stream(constants)
                .filter(constant -> constant.name().equalsIgnoreCase(text)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("argument(s) must be one of the following: "
                        + Arrays.stream(constants).map(Parameter::textOf).collect(Collectors.joining(", ")))), Parameter::textOf);
    }

    private static String textOf(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /// Its value is several words.
    Parameter<T> words() {
        severalWords = true;
        return this;
    }

    /// Its value is several words, and those of several lines of a file together. An empty one takes back what came before it.
    Parameter<T> wordsOfAllLines() {
        addsUp = true;
        return words();
    }

    /// How its value is written into a file: without the name, on one line or more, or on none. Null: it is not to be set in one.
    Parameter<T> lines(Function<T, List<String>> lines) {
        this.lines = lines;
        return this;
    }

    /// Has it written into a file even if its value is the initial one.
    Parameter<T> alwaysSaved() {
        alwaysSaved = true;
        return this;
    }

    /// Lets CONFIG SET change it.
    Parameter<T> changeable() {
        refusal = null;
        return this;
    }

    /// Does not let CONFIG SET change it, because a client could then have files written anywhere.
    Parameter<T> guarded() {
        refusal = "can't set protected config";
        return this;
    }

    /// Has the server follow a change at once.
    ///
    /// @param onChange throws IllegalStateException, with a reason, if it cannot; the old value stays then
    void onChange(Consumer<T> onChange) {
        this.onChange = onChange;
    }

    String name() {
        return name;
    }

    String help() {
        return help;
    }

    String initial() {
        return initial;
    }

    /// Why CONFIG SET does not change it, in Redis's words; null if it does.
    String refusal() {
        return refusal;
    }

    T get() {
        return value;
    }

    /// The value as CONFIG GET shows it.
    String text() {
        return format.apply(value);
    }

    /// Whether neither a file nor an option can set it.
    boolean isFixed() {
        return lines == null;
    }

    /// Its lines in a file.
    ConfigFile.Setting setting() {
        var initialLines = alwaysSaved ? List.of() : lines.apply(parse.apply(initial));
        return new ConfigFile.Setting(name, lines.apply(value), line -> !initialLines.contains(line));
    }

    /// @throws IllegalArgumentException if the text is no value for it
    void check(String text) {
        parse.apply(text);
    }

    /// Sets the value that the server starts with.
    ///
    /// @throws IllegalArgumentException if the text is no value for it
    void set(String text) {
        value = parse.apply(text);
    }

    /// Sets the value that the server starts with, as a line of a file or an option gives it.
    ///
    /// @throws IllegalArgumentException if the words are no value for it
    void set(List<String> words) {
        if (words.isEmpty() || words.size() > 1 && !severalWords) throw new IllegalArgumentException("wrong number of arguments");
        var text = String.join(" ", words);
        set(addsUp && given && !text.isEmpty() ? text() + " " + text : text);
        given = true;
    }

    /// Sets the value to what the server does by now.
    void put(T value) {
        this.value = value;
    }

    /// Sets the value, and has the server follow.
    ///
    /// @throws IllegalArgumentException if the text is no value for it
    /// @throws IllegalStateException if the server cannot follow
    void change(String text) {
        var wanted = parse.apply(text);
        if (!wanted.equals(value)) onChange.accept(wanted);
        value = wanted;
    }
}
