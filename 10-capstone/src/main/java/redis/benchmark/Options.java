package redis.benchmark;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the command line asks for.
///
/// @param server the server to measure; null to start ours
/// @param against the one to compare it with; null for a real Redis, wherever it can be had
/// @param requests in each round; 0 for as many as fit in its time
/// @param duration of a round, for each server
/// @param rate requests per second; 0 for as many as possible
/// @param tests what `--tests` names; empty for all
record Options(InetSocketAddress server, InetSocketAddress against, int clients, List<Integer> pipelines, long requests, Duration duration,
        Duration warmUp, int rounds, double rate, int dataSize, int keyspace, List<String> tests, Path output) {

    static final int DEFAULT_PORT = 6380;
    static final int REDIS_PORT = 6379;

    /// An option as the help shows it.
    ///
    /// @param value what stands for its value; also its default, if it has one
    private record Spec(String value, String help) {}

    private static final Map<String, Spec> SPECS = new LinkedHashMap<>();

    static {
        SPECS.put("--host", new Spec("HOST", "host of the server to measure, if it is not to be started: 127.0.0.1"));
        SPECS.put("--port", new Spec("PORT", "port of the server to measure, if it is not to be started: 6380"));
        SPECS.put("--against", new Spec("HOST:PORT", "the server to compare it with, instead of a real Redis"));
        SPECS.put("--tests", new Spec("NAMES", "only these rows, by name or by how names begin: sequential,mixed"));
        SPECS.put("--rounds", new Spec("7", "how many rounds; the table shows their medians"));
        SPECS.put("--duration", new Spec("1", "how long a round lasts for each server, in seconds"));
        SPECS.put("--requests", new Spec("NUMBER", "how many requests a round has, instead of a time"));
        SPECS.put("--warm-up", new Spec("1", "for how long a server is warmed up before each row, in seconds; not measured"));
        SPECS.put("--rate", new Spec("NUMBER", "requests per second, for all rows: latency then counts from when a request was due"));
        SPECS.put("--clients", new Spec("50", "how many connections, in all rows but the sequential ones"));
        SPECS.put("--pipeline", new Spec("16,100", "how many requests the pipelined rows send at once"));
        SPECS.put("--data-size", new Spec("32", "bytes of a value or message"));
        SPECS.put("--keyspace", new Spec("100000", "how many keys; BGSAVE saves ten times as many"));
        SPECS.put("--output", new Spec("target/benchmark", "directory of report.html, report.json and the .hgrm files"));
        SPECS.put("--help", new Spec("", "print this"));
    }

    /// @return null if the user asked for `--help`
    /// @throws IllegalArgumentException if an option is unknown, or its value is missing or wrong; the message says which
    static Options parse(String... args) {
        if (List.of(args).contains("--help")) return null;
        var values = new LinkedHashMap<String, String>();
        for (int i = 0; i < args.length; i += 2) {
            if (!SPECS.containsKey(args[i])) throw new IllegalArgumentException("Unknown option " + args[i] + ".");
            if (i + 1 == args.length) throw new IllegalArgumentException(args[i] + " needs a value.");
            values.put(args[i], args[i + 1]);
        }
        return new Values(values).options();
    }

    /// The texts of the options that were given.
    private record Values(Map<String, String> texts) {

        Options options() {
            boolean timed = texts.containsKey("--duration") || !texts.containsKey("--requests");
            var options = new Options(server(), texts.containsKey("--against") ? address("--against") : null, (int) number("--clients", 1, 10_000),
                    Arrays.stream(text("--pipeline").split(",")).map(depth -> (int) number("--pipeline", depth, 1, 10_000)).distinct().toList(),
                    texts.containsKey("--requests") ? number("--requests", 1, 1_000_000_000_000L) : 0,
                    timed ? seconds("--duration", 0.01) : null, seconds("--warm-up", 0), (int) number("--rounds", 1, 1_000),
                    texts.containsKey("--rate") ? number("--rate", 1, 10_000_000) : 0, (int) number("--data-size", 1, 1 << 20),
                    (int) number("--keyspace", 1, 100_000_000), tests(), Path.of(text("--output")));
            options.workloads(); // so that a name that is none is known at once
            return options;
        }

        private InetSocketAddress server() {
            if (!texts.containsKey("--host") && !texts.containsKey("--port")) return null;
            int port = texts.containsKey("--port") ? (int) number("--port", 1, 65_535) : DEFAULT_PORT;
            return resolved("--host", texts.getOrDefault("--host", "127.0.0.1"), port);
        }

        private InetSocketAddress address(String option) {
            var text = text(option);
            int colon = text.lastIndexOf(':');
            if (colon < 1) throw wrong(option, text, "must be HOST:PORT");
            return resolved(option, text.substring(0, colon), (int) number(option, text.substring(colon + 1), 1, 65_535));
        }

        private static InetSocketAddress resolved(String option, String host, int port) {
            var address = new InetSocketAddress(host, port);
            if (address.isUnresolved()) throw wrong(option, host, "there is no such host");
            return address;
        }

        private List<String> tests() {
            if (!texts.containsKey("--tests")) return List.of();
            return Arrays.stream(text("--tests").split(",")).map(String::trim).toList();
        }

        private Duration seconds(String option, double min) {
            var text = text(option);
            try {
                double seconds = Double.parseDouble(text);
                if (seconds >= min && seconds <= 86_400) return Duration.ofNanos(Math.round(seconds * 1e9));
            } catch (NumberFormatException e) {
                throw wrong(option, text, "must be a number of seconds");
            }
            throw wrong(option, text, "must be from %s to 86400 seconds".formatted(min == 0 ? "0" : min));
        }

        private long number(String option, long min, long max) {
            return number(option, text(option), min, max);
        }

        private static long number(String option, String text, long min, long max) {
            try {
                long number = Long.parseLong(text.trim());
                if (min <= number && number <= max) return number;
            } catch (NumberFormatException e) {
                throw wrong(option, text, "must be a whole number");
            }
            throw wrong(option, text, "must be from %d to %d".formatted(min, max));
        }

        private String text(String option) {
            return texts.getOrDefault(option, SPECS.get(option).value());
        }

        private static IllegalArgumentException wrong(String option, String text, String why) {
            return new IllegalArgumentException("%s %s: %s.".formatted(option, text, why));
        }
    }

    /// The rows that are to be run.
    ///
    /// @throws IllegalArgumentException if `--tests` names something that is no row
    List<Workload> workloads() {
        var all = Workload.all(this);
        for (var test : tests) {
            if (all.stream().noneMatch(workload -> isMeant(test, workload))) {
                throw new IllegalArgumentException("--tests %s: there is no such row. There are: %s."
                        .formatted(test, String.join(", ", all.stream().map(Workload::id).toList())));
            }
        }
        return tests.isEmpty() ? all : all.stream().filter(workload -> tests.stream().anyMatch(test -> isMeant(test, workload))).toList();
    }

    private static boolean isMeant(String test, Workload workload) {
        return workload.id().equals(test) || workload.id().startsWith(test + "-");
    }

    /// How long a round is.
    Extent round() {
        return new Extent(requests == 0 ? Long.MAX_VALUE : requests, duration == null ? Long.MAX_VALUE : duration.toNanos());
    }

    static String usage() {
        var usage = new StringBuilder("""
                Measures our server beside a real Redis: starts ours on port 6380, and compares it with the Redis on port 6379. Where none answers there,
                a private redis-server is started on a free port, and stopped afterwards. The two take turns in short rounds.

                """);
        SPECS.forEach((name, spec) -> usage.append("  %-22s %s%s%n".formatted((name + " " + spec.value()).trim(), spec.help(), initial(spec))));
        return usage.append("""

                Any two servers: --port 6380 --against 127.0.0.1:7000. Servers that the benchmark has not started keep their configuration and their data:
                its keys begin with "%s" and are deleted at the end, and rows that need AOF or BGSAVE are left out.

                Rows: %s
                """.formatted(Requests.PREFIX, String.join(", ", parse().workloads().stream().map(Workload::id).toList()))).toString();
    }

    private static String initial(Spec spec) {
        return spec.value().matches("[\\d,./a-z]+") ? " (default " + spec.value() + ")" : "";
    }
}
