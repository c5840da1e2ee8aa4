package redis.server;

import java.io.IOException;
import java.net.BindException;

/// Turns the command line into a running server, and says where it listens.
public final class Main {

    private Main() {}

    public static void main(String... args) {
        ServerConfig config;
        try {
            config = ServerConfig.parse(args);
        } catch (IllegalArgumentException e) {
            exit(e.getMessage() + " Try --help.");
            return;
        }
        if (config == null) {
            System.out.print(ServerConfig.USAGE);
            return;
        }
        try {
            var server = new RedisServer(config);
            server.onExit(() -> System.exit(0));
            Signals.handle(server, config);
            server.start();
            System.out.println(greeting(config.bind.get(), server.port()));
        } catch (BindException e) {
            exit("Cannot listen on %s:%d: %s. Stop the other server, or choose another port with --port."
                    .formatted(config.bind.get(), config.port.get(), e.getMessage()));
        } catch (AofException | RdbException e) {
            exit(e.getMessage());
        } catch (IOException e) {
            exit("Cannot keep data in " + config.dir.text() + ": " + e);
        }
    }

    /// Where it listens, and what to type. redis-cli looks on 127.0.0.1 unless it is told otherwise.
    static String greeting(String bind, int port) {
        var host = switch (bind) {
            case "127.0.0.1", "localhost", "0.0.0.0" -> "";
            default -> " -h " + bind;
        };
        return "Listening on %s:%d. Try: redis-cli%s -p %2$d".formatted(bind, port, host);
    }

    private static void exit(String message) {
        System.err.println(message);
        System.exit(1);
    }
}
