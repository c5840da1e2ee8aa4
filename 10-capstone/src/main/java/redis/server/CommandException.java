package redis.server;

import java.io.IOException;

/// A command that cannot be carried out. The message goes to the client as an error reply, and the connection goes on.
final class CommandException extends RuntimeException {

    private static final long serialVersionUID = 1;

    static final String SYNTAX = "ERR syntax error";
    static final String NOT_AN_INTEGER = "ERR value is not an integer or out of range";

    /// @param message the error's code and its text, in Redis's own words
    CommandException(String message) {
        super(message, null, false, false); // no stack trace: this is an answer, not a defect
    }

    static CommandException cannotLog(IOException e) {
        return new CommandException("MISCONF Errors writing to the AOF file: " + e.getMessage());
    }

    static CommandException cannotSave() {
        return new CommandException("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
                + "Commands that may modify the data set are disabled, because this instance is configured to report errors during writes "
                + "if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.");
    }

    static CommandException wrongArity(String command) {
        return new CommandException("ERR wrong number of arguments for '" + command + "' command");
    }
}
