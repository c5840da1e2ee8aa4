package redis.server;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// When the server takes a snapshot by itself: after so many seconds, if there were so many changes. Redis's `save`.
record SavePoints(List<SavePoint> points) {

    /// @param seconds since the last snapshot
    /// @param changes since the last snapshot
    record SavePoint(int seconds, int changes) {}

    /// @param text pairs of numbers: `3600 1 300 100`; empty: never
    /// @throws IllegalArgumentException if it is anything else
    static SavePoints parse(String text) {
        var words = text.isBlank() ? new String[0] : text.strip().split("\\s+");
        if (words.length % 2 != 0) throw invalid();
        var points = new ArrayList<SavePoint>();
        try {
            for (int i = 0; i < words.length; i += 2) {
                var point = new SavePoint(Integer.parseInt(words[i]), Integer.parseInt(words[i + 1]));
                if (point.seconds < 1 || point.changes < 0) throw invalid();
                points.add(point);
            }
        } catch (NumberFormatException e) {
            throw invalid();
        }
        return new SavePoints(List.copyOf(points));
    }

    private static IllegalArgumentException invalid() {
        return new IllegalArgumentException("Invalid save parameters");
    }

    boolean isEmpty() {
        return points.isEmpty();
    }

    /// @return the first that is reached, or null
    SavePoint reached(long seconds, long changes) {
        return points.stream().filter(point -> changes >= point.changes && seconds > point.seconds).findFirst().orElse(null);
    }

    String text() {
        return points.stream().map(point -> point.seconds + " " + point.changes).collect(Collectors.joining(" "));
    }

    /// As a configuration file has it: a line for each.
    List<String> lines() {
        return points.isEmpty() ? List.of("\"\"") : points.stream().map(point -> point.seconds + " " + point.changes).toList();
    }
}
