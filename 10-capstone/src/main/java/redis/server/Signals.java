package redis.server;

import java.lang.reflect.Proxy;

import static java.lang.System.Logger.Level.WARNING;

/// What the system, or who sits at the terminal, tells the process.
///
/// The JDK's own way to be told of its end is a hook that runs when the end is certain. A server that cannot save its data has to be able to
/// stay, so it takes the signals themselves, by `sun.misc.Signal`: part of every JDK and of no standard. The compiler warns of each mention of it,
/// which is an error here, so it is called by reflection.
final class Signals {

    private static final System.Logger LOG = System.getLogger(Signals.class.getName());

    private final RedisServer server;
    private final ServerConfig config;
    private volatile boolean asked; // to end, by a signal, and it has not been called off

    private Signals(RedisServer server, ServerConfig config) {
        this.server = server;
        this.config = config;
    }

    /// Has these signals end this server, and with it the process. For a process that is this server and nothing else.
    static void handle(RedisServer server, ServerConfig config) {
        var signals = new Signals(server, config);
        handle("TERM", signals::terminate);
        handle("INT", signals::interrupt);
        handle("HUP", () -> {}); // the terminal is gone: no reason to end
    }

    /// @param action runs in a thread of its own, each time
    private static void handle(String name, Runnable action) {
        try {
            var signal = Class.forName("sun.misc.Signal");
            var handler = Class.forName("sun.misc.SignalHandler"); // has one method
            var proxy = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (_, _, _) -> {
                action.run();
                return null;
            });
            signal.getMethod("handle", signal, handler).invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException e) {
            LOG.log(WARNING, "SIG" + name + " is left to the JVM: " + e);
        }
    }

    private void terminate() {
        shutdown("SIGTERM", config.shutdownOnSigterm.get());
    }

    /// Ctrl-C once more says: I do not care.
    private void interrupt() {
        if (asked) {
            LOG.log(WARNING, "You insist... exiting now.");
            Runtime.getRuntime().halt(1);
        }
        shutdown("SIGINT", config.shutdownOnSigint.get());
    }

    /// May wait for the store's lock.
    private void shutdown(String signal, ShutdownOptions options) {
        LOG.log(WARNING, "Received " + signal + " scheduling shutdown...");
        asked = true;
        server.shutdown(options).thenAccept(ends -> asked = ends);
    }
}
