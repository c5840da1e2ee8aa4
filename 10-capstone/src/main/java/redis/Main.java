package redis;

import java.util.Arrays;
import redis.benchmark.Benchmark;
import redis.benchmark.IdleConnections;

/// The programs of the jar: the server, and those that measure it.
public final class Main {

    private static final String USAGE = """
            server [redis.conf] [--option value]…   run the server; server --help lists the options
            benchmark [--option value]…             race it against a real Redis; benchmark --help lists the options
            idle [--connections number]             tell how much memory connections take that do nothing
            """;

    private Main() {}

    public static void main(String... args) {
        var rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
        switch (args.length == 0 ? "--help" : args[0]) {
            case "server" -> redis.server.Main.main(rest);
            case "benchmark" -> Benchmark.main(rest);
            case "idle" -> IdleConnections.main(rest);
            case "help", "--help", "-h" -> System.out.print(USAGE);
            default -> {
                System.err.print("There is no '" + args[0] + "' in this jar. There are:\n" + USAGE);
                System.exit(2);
            }
        }
    }
}
