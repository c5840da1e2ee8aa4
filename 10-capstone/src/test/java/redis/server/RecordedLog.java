package redis.server;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// Keeps what the server logs, and keeps it from the console.
final class RecordedLog extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("redis.server"); // the parent of all its loggers
    private final List<String> messages = new CopyOnWriteArrayList<>();

    RecordedLog() {
        logger.addHandler(this);
        logger.setUseParentHandlers(false);
    }

    List<String> messages() {
        return messages;
    }

    @Override
    public void publish(LogRecord entry) {
        messages.add(entry.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
