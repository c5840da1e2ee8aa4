package redis.benchmark;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.Consumer;

/// Tells a person who waits what is going on: one line that changes on a terminal, plain lines elsewhere.
final class Progress {

    private static final String START_OF_LINE = "\r\033[K"; // and deletes what is in it

    private final PrintStream out;
    private final boolean isTerminal;
    private String row = "";

    Progress(PrintStream out, boolean isTerminal) {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    /// A line that stays.
    void say(String line) {
        out.println((isTerminal ? START_OF_LINE : "") + line);
    }

    void begin(Workload workload, int number, int count) {
        row = "[%d/%d] %s".formatted(number, count, workload.title());
    }

    /// What is being done right now, for a terminal only.
    void step(String what) {
        if (!isTerminal) return;
        out.print(START_OF_LINE + row + ": " + what);
        out.flush();
    }

    /// @return to be called with what has been measured so far
    Consumer<Measurement> watch(String what, Series series) {
        step(what + ", " + series.server);
        return measurement -> step(String.format(Locale.ROOT, "%s, %s: %,.0f/s", what, series.server, measurement.perSecond()));
    }

    void end(Row ended) {
        say(row + ": " + switch (ended.state) {
            case DONE -> Table.summary(ended);
            case SKIPPED -> "skipped. " + ended.reason;
            case FAILED -> "FAILED. " + ended.reason;
        });
    }
}
