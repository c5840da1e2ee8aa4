package redis.server;

import java.io.IOException;
import java.net.BindException;
import java.util.List;

import static java.lang.System.Logger.Level.INFO;

/// Turns the command line into a running server, and says where it listens.
public final class Main {

    private static final System.Logger LOG = System.getLogger(Main.class.getName());

    private Main() {}

    public static void main(String... args) {
        ServerConfig config;
        try {
            config = ServerConfig.parse(args);
        } catch (ConfigFileException e) {
            exit(e.getMessage());
            return;
        } catch (IllegalArgumentException e) {
            exit(e.getMessage() + " Try --help.");
            return;
        }
        if (config == null) {
            System.out.print(ServerConfig.USAGE);
            return;
        }
        try {
            ServerLog.open(config);
        } catch (IOException e) {
            exit("Can't open the log file: " + e.getMessage());
            return;
        }
        if (!config.withoutEffect().isEmpty()) LOG.log(INFO, "Parameters without effect here: " + String.join(", ", config.withoutEffect()));
        try {
            var server = new RedisServer(config);
            var pidFile = new PidFile(config.fileInDir(config.pidFile));
            server.onExit(() -> {
                pidFile.remove();
                System.exit(0);
            });
            Signals.handle(server, config);
            server.start();
            pidFile.write();
            System.out.println(greeting(server.hosts(), server.port()));
        } catch (BindException e) {
            exit("Cannot listen on " + e.getMessage() + ". Stop the other server, or choose another port with --port.");
        } catch (AofException | RdbException e) {
            exit(e.getMessage());
        } catch (IOException e) {
            exit("Cannot keep data in " + config.dir.text() + ": " + e);
        }
    }

    /// Where it listens, and what to type. redis-cli looks on 127.0.0.1 unless it is told otherwise.
    ///
    /// @param hosts addresses, one or more
    static String greeting(List<String> hosts, int port) {
        boolean isFound = hosts.contains("127.0.0.1") || hosts.contains("0.0.0.0");
        var host = isFound ? "" : " -h " + hosts.getFirst();
        return "Listening on %s. Try: redis-cli%s -p %d".formatted(String.join(" and ", hosts.stream().map(each -> each + ":" + port).toList()), host, port);
    }

    private static void exit(String message) {
        System.err.println(message);
        System.exit(1);
    }
}
