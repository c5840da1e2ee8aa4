package redis.benchmark;

import java.io.IOException;
import java.util.function.Consumer;

/// One server's side of a row: the connections to it, and what its rounds came to.
final class Lane implements AutoCloseable {

    private static final int WARM_UP_CLIENTS = 50;

    final Contender contender;
    final Series series;
    private final Workload workload;
    private final Options options;
    private final RunningServer server;
    private final Requests requests;
    private Load load; // null until it is there

    private Lane(Contender contender, Workload workload, Options options, RunningServer server) {
        this.contender = contender;
        this.series = new Series(contender.name);
        this.workload = workload;
        this.options = options;
        this.server = server;
        this.requests = workload.requests(options.dataSize());
    }

    /// Returns when the connections are there, and the server holds what is going to be asked for.
    ///
    /// @throws Contender.Unsuitable if the row is not possible with this server
    static Lane open(Contender contender, Workload workload, Options options) throws IOException, InterruptedException, Contender.Unsuitable {
        var lane = new Lane(contender, workload, options, contender.lend(workload));
        try {
            lane.prepare();
            return lane;
        } catch (IOException e) {
            var explained = lane.explain(e);
            lane.close();
            throw explained;
        } catch (InterruptedException e) {
            lane.close();
            throw e;
        }
    }

    private void prepare() throws IOException, InterruptedException {
        if (workload.kind() == Workload.Kind.PUBLISH) {
            load = Load.open(server.address, workload.clients() + 1);
            subscribe();
            return;
        }
        boolean isNew = !server.isFilled(1);
        server.fill(workload.keyspace(), options.dataSize());
        if (isNew) warmUpServer();
        load = Load.open(server.address, workload.clients());
    }

    private void subscribe() throws IOException, InterruptedException {
        var subscribers = load.connections().subList(1, load.connections().size());
        for (var subscriber : subscribers) subscriber.use(Requests.subscribe());
        load.run(new ClosedLoop(subscribers, 1, Extent.ofRequests(subscribers.size())), _ -> {});
    }

    /// A JVM is slow until it has compiled what is used most, and a row with a single client would take long to get it there.
    private void warmUpServer() throws IOException, InterruptedException {
        if (options.warmUp().isZero()) return;
        var mixed = Requests.mixed(Keys.uniform(workload.keyspace()), options.dataSize(), 0.5);
        for (int pipeline : new int[] {16, 1}) {
            try (var warmUp = Load.open(server.address, WARM_UP_CLIENTS)) {
                warmUp.closedLoop(mixed, pipeline, Extent.of(options.warmUp().multipliedBy(2)));
            }
        }
    }

    void warmUp(Consumer<Measurement> watcher) throws IOException, InterruptedException {
        try {
            load.run(traffic(Extent.of(options.warmUp())), watcher);
        } catch (IOException e) {
            throw explain(e);
        }
    }

    void round(Consumer<Measurement> watcher) throws IOException, InterruptedException {
        try {
            if (workload.setting() == Workload.Setting.SAVING) {
                try (var saves = Saves.start(server.address)) {
                    measure(watcher, saves);
                }
            } else {
                measure(watcher, null);
            }
        } catch (IOException e) {
            throw explain(e);
        }
    }

    /// @param saves those that go on meanwhile; null if there are none
    private void measure(Consumer<Measurement> watcher, Saves saves) throws IOException, InterruptedException {
        double before = server.cpuSeconds();
        var measurement = load.run(traffic(options.round()), watcher);
        double cpu = server.cpuSeconds() - before;
        series.add(measurement, cpu, saves == null ? 0 : saves.end());
    }

    private Traffic traffic(Extent extent) {
        var connections = load.connections();
        if (workload.kind() == Workload.Kind.PUBLISH) {
            connections.getFirst().use(requests);
            return new FanOut(connections.getFirst(), connections.subList(1, connections.size()), workload.pipeline(), workload.rate(), extent);
        }
        for (var connection : connections) connection.use(requests);
        return workload.rate() > 0 ? new FixedRate(connections, workload.pipeline(), workload.rate(), extent)
                : new ClosedLoop(connections, workload.pipeline(), extent);
    }

    /// Says whose failure it is, and whether the server is no more.
    private LoadException explain(IOException e) throws InterruptedException {
        return new LoadException(contender.name + ": " + e.getMessage() + server.obituary());
    }

    /// How many GETs found nothing, although every key has a value.
    long misses() {
        return load.nulls();
    }

    @Override
    public void close() throws IOException {
        try {
            if (load != null) load.close();
        } finally {
            contender.giveBack(server);
        }
    }
}
