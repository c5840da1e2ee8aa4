package redis.server;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// What the command line decides.
///
/// @param bind the address to listen on
/// @param port the TCP port to listen on, 0 to 65535; 0 lets the system choose a free one
/// @param maxClients how many clients may be connected at a time, 1 or more
record ServerConfig(String bind, int port, int maxClients) {

    static final String USAGE = """
            Options:
              --port N       listen on port N                     (default 6380)
              --bind ADDRESS listen on ADDRESS                    (default 127.0.0.1, this machine only)
              --maxclients N serve at most N clients at a time    (default 10000)
              --help         print this
            """;

    /// Reads `--name value` pairs.
    ///
    /// @return the configuration, or null if the user asked for `--help`
    /// @throws IllegalArgumentException if an option is unknown or its value is missing or out of range; the message says which
    static ServerConfig parse(String... args) {
        var bind = "127.0.0.1";
        var port = 6380;
        var maxClients = 10_000;
        for (int i = 0; i < args.length; i += 2) {
            var option = args[i];
            switch (option) {
                case "--bind" -> bind = value(args, i);
                case "--port" -> port = number(option, value(args, i), 0, 65_535);
                case "--maxclients" -> maxClients = number(option, value(args, i), 1, Integer.MAX_VALUE);
                case "--help" -> {
                    return null;
                }
                default -> throw new IllegalArgumentException("Unknown option " + option + ".");
            }
        }
        return new ServerConfig(bind, port, maxClients);
    }

    private static String value(String[] args, int option) {
        if (option + 1 == args.length) throw new IllegalArgumentException(args[option] + " needs a value.");
        return args[option + 1];
    }

    private static int number(String option, String value, int min, int max) {
        try {
            int number = Integer.parseInt(value);
            if (min <= number && number <= max) return number;
        } catch (NumberFormatException e) {
            // the message below serves both
        }
        throw new IllegalArgumentException(
                "%s takes a number from %d to %d, not '%s'.".formatted(option, min, max, value));
    }

    /// The parameters that CONFIG GET shows, under Redis's names. Those that cannot be changed yet say what is the case.
    SequencedMap<String, String> parameters() {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("bind", bind);
        parameters.put("port", Integer.toString(port));
        parameters.put("maxclients", Integer.toString(maxClients));
        parameters.put("databases", "1");
        parameters.put("save", "");
        parameters.put("appendonly", "no");
        return parameters;
    }
}
