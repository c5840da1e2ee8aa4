package redis.server;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads how a command's arguments are written for people, `key value [NX | XX] [EX seconds | PX milliseconds]`, and takes it apart.
///
/// - A word in capitals stands for itself: alone, or in front of the words that follow it.
/// - `[…]` may be missing. `key [key …]` is one or more, `[key …]` any number.
/// - `a | b` is one of both, up to the next bracket on either side; `A|B` without spaces is one of two words; `(a | b)` is one part of something longer.
final class Syntax {

    private static final Pattern SYMBOL = Pattern.compile("[\\[\\]()]|[^\\s\\[\\]()]+");
    private static final String REPEATS = "...";

    private final Queue<String> symbols;

    private Syntax(String text) {
        symbols = SYMBOL.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(ArrayDeque::new));
    }

    static List<Argument> parse(String text) {
        return new Syntax(text).choice();
    }

    /// One sequence, or a choice between several of them.
    private List<Argument> choice() {
        var choices = new ArrayList<List<Argument>>();
        choices.add(sequence());
        while (takes("|")) choices.add(sequence());
        return choices.size() == 1 ? choices.getFirst() : List.of(Argument.oneOf(choices.stream().map(Argument::block).toList()));
    }

    private List<Argument> sequence() {
        var sequence = new ArrayList<Argument>();
        while (isWord() || isNext("(") || isNext("[")) {
            if (takes("[")) addOptional(sequence);
            else sequence.add(isToken(symbols.peek()) ? afterToken(symbols.remove()) : single());
        }
        return sequence;
    }

    /// What is in brackets says either that something may be missing, or that there may be more of what came before it.
    private void addOptional(List<Argument> sequence) {
        var inner = choice();
        boolean repeats = takes(REPEATS);
        takes("]");
        int before = sequence.size() - inner.size();
        if (repeats && before >= 0 && sequence.subList(before, sequence.size()).equals(inner)) {
            sequence.subList(before, sequence.size()).clear();
            sequence.add(Argument.block(inner).asMultiple());
        } else {
            var optional = Argument.block(inner).asOptional();
            sequence.add(repeats ? optional.asMultiple() : optional);
        }
    }

    private Argument afterToken(String token) {
        var operands = new ArrayList<Argument>();
        while (isNext("(") || isWord() && !isToken(symbols.peek())) {
            operands.add(single());
            if (isRepetitionOf(operands)) {
                symbols.remove();
                addOptional(operands);
            }
        }
        return operands.isEmpty() ? Argument.pureToken(token) : Argument.block(operands).after(token);
    }

    private boolean isRepetitionOf(List<Argument> operands) {
        return operands.size() == 1 && String.join(" ", symbols).startsWith("[ " + operands.getFirst().name() + " " + REPEATS);
    }

    private Argument single() {
        if (takes("(")) {
            var inner = choice();
            takes(")");
            return Argument.block(inner);
        }
        var words = symbols.remove().split("\\|");
        var parts = new ArrayList<Argument>();
        for (var word : words) parts.add(isToken(word) ? Argument.pureToken(word) : Argument.word(word));
        return parts.size() == 1 ? parts.getFirst() : Argument.oneOf(parts);
    }

    private boolean isWord() {
        return !symbols.isEmpty() && !List.of("[", "]", "(", ")", "|", REPEATS).contains(symbols.peek());
    }

    private static boolean isToken(String word) {
        return word.matches("[A-Z-]+");
    }

    private boolean isNext(String symbol) {
        return symbol.equals(symbols.peek());
    }

    private boolean takes(String symbol) {
        if (!isNext(symbol)) return false;
        symbols.remove();
        return true;
    }
}
