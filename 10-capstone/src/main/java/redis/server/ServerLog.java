package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

/// Where the server's messages go, and which ones. For a process that is this server and nothing else: loggers are shared by a whole JVM.
///
/// The file is opened for each message, as by Redis: there are few, and who has moved it away, as `logrotate` does, gets a new one.
final class ServerLog extends Handler {

    private static final Logger LOGGER = Logger.getLogger("redis"); // the parent of all others; kept, or it would be forgotten with its level

    private final Path file;

    private ServerLog(Path file) {
        this.file = file;
        setFormatter(new SimpleFormatter());
    }

    /// Follows `logfile` and `loglevel`, and a change of that.
    ///
    /// @throws IOException if the file cannot be written
    static void open(ServerConfig config) throws IOException {
        LOGGER.setLevel(config.logLevel.get().level);
        config.logLevel.onChange(wanted -> LOGGER.setLevel(wanted.level));
        if (config.logFile.get().isEmpty()) {
            for (var console : Logger.getLogger("").getHandlers()) console.setLevel(Level.ALL); // it is the loggers that choose
            return;
        }
        Files.createDirectories(Path.of(config.dir.text()));
        var log = new ServerLog(config.fileInDir(config.logFile));
        log.write("");
        LOGGER.addHandler(log);
        LOGGER.setUseParentHandlers(false);
    }

    private void write(String text) throws IOException {
        Files.writeString(file, text, CREATE, APPEND);
    }

    @Override
    public void publish(LogRecord entry) {
        try {
            write(getFormatter().format(entry));
        } catch (IOException e) {
            reportError(null, e, ErrorManager.WRITE_FAILURE);
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
