package redis.benchmark;

import java.io.IOException;

/// One of the two that are compared: a server that runs all the time, and, where one can be started, others for the rows that need a server of their own.
final class Contender implements AutoCloseable {

    /// A row is not possible with this contender. The message says why.
    static final class Unsuitable extends Exception {

        private static final long serialVersionUID = 1;

        Unsuitable(String message) {
            super(message);
        }
    }

    final String name;
    final RunningServer server;
    final ServerFacts facts;
    final Launch launch; // null if none can be started

    /// @param launch how to start others of the same kind; null if that is not possible
    Contender(String name, RunningServer server, Launch launch) throws IOException {
        this.name = name;
        this.server = server;
        this.facts = ServerFacts.of(server.address);
        this.launch = launch;
    }

    /// A server for this row. Give it back when the row is over.
    RunningServer lend(Workload workload) throws IOException, InterruptedException, Unsuitable {
        var setting = workload.setting();
        if (setting == Workload.Setting.PLAIN) return server;
        if (launch != null) return RunningServer.start(launch, 0, setting.options);
        var objection = workload.objectionTo(facts);
        if (objection.isPresent()) throw new Unsuitable(name + ": " + objection.get());
        return server;
    }

    void giveBack(RunningServer lent) throws IOException {
        if (lent != server) lent.close();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
