package redis.server;

/// A configuration file cannot be read, or says what it must not. The message, of several lines, is for people.
final class ConfigFileException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    ConfigFileException(String message) {
        super("*** FATAL CONFIG FILE ERROR ***\n" + message);
    }
}
