package redis.server;

/// What the command line decides.
///
/// @param bind the address to listen on
/// @param port the TCP port to listen on, 0 to 65535; 0 lets the system choose a free one
record ServerConfig(String bind, int port) {

    static final String USAGE = """
            Options:
              --port N       listen on port N                     (default 6380)
              --bind ADDRESS listen on ADDRESS                    (default 127.0.0.1, this machine only)
              --help         print this
            """;

    /// Reads `--name value` pairs.
    ///
    /// @return the configuration, or null if the user asked for `--help`
    /// @throws IllegalArgumentException if an option is unknown or its value is missing or out of range; the message says which
    static ServerConfig parse(String... args) {
        var bind = "127.0.0.1";
        var port = 6380;
        for (int i = 0; i < args.length; i += 2) {
            var option = args[i];
            switch (option) {
                case "--bind" -> bind = value(args, i);
                case "--port" -> port = number(option, value(args, i), 0, 65_535);
                case "--help" -> {
                    return null;
                }
                default -> throw new IllegalArgumentException("Unknown option " + option + ".");
            }
        }
        return new ServerConfig(bind, port);
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
}
