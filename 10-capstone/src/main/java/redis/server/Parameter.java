package redis.server;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/// One of the server's parameters: its name is Redis's, its value has a type of its own and a text, in which the command line and
/// CONFIG SET give it and CONFIG GET shows it.
final class Parameter<T> {

    private final String name;
    private final String help;
    private final Function<String, T> parse;
    private final Function<T, String> format;
    private final String initial;

    private volatile T value; // CONFIG SET runs in one session, and all threads read it
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
        this.value = parse.apply(initial);
    }

    static <T> Parameter<T> of(String name, String help, String initial, Function<String, T> parse, Function<T, String> format) {
        return new Parameter<>(name, help, initial, parse, format);
    }

    static Parameter<String> text(String name, String help, String initial) {
        return new Parameter<>(name, help, initial, text -> text, text -> text);
    }

    /// Relative to where the server was started; shown in full.
    static Parameter<String> directory(String name, String help, String initial) {
        return new Parameter<>(name, help, initial, text -> text, text -> Path.of(text).toAbsolutePath().normalize().toString());
    }

    /// The name of a file within a directory that another parameter names.
    static Parameter<String> fileName(String name, String help, String initial) {
        return new Parameter<>(name, help, initial, text -> {
            if (text.isEmpty() || text.contains("/")) throw new IllegalArgumentException(name + " can't be a path, just a filename");
            return text;
        }, text -> text);
    }

    /// Something that other servers can change, and this one not: clients ask for it nevertheless.
    static Parameter<String> fixed(String name, String only) {
        return new Parameter<>(name, "", only, text -> {
            if (!text.equals(only)) throw new IllegalArgumentException("this server knows \"" + only + "\" only");
            return text;
        }, text -> text);
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
        return new Parameter<>(name, help, initial, Parameter::parseMemory, Object::toString);
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

    /// One of the constants of an enum, named in lower case with hyphens.
    static <E extends Enum<E>> Parameter<E> oneOf(String name, String help, E initial) {
        var constants = initial.getDeclaringClass().getEnumConstants();
        return new Parameter<>(name, help, textOf(initial), text -> Arrays.stream(constants)
                .filter(constant -> textOf(constant).equalsIgnoreCase(text)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("argument(s) must be one of the following: "
                        + Arrays.stream(constants).map(Parameter::textOf).collect(Collectors.joining(", ")))), Parameter::textOf);
    }

    private static String textOf(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
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
