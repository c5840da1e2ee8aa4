package redis.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// One row of the benchmark: what is asked of a server, and what the server has to be like.
///
/// @param id for `--tests`, and for the names of files
/// @param title for people
/// @param about what the row shows and what decides it, for the report
/// @param clients connections; of pub/sub, the subscribers
/// @param pipeline requests that a connection sends at once; of pub/sub, messages that are on their way at a time
/// @param rate requests per second; 0 for as many as possible
/// @param setting how the server keeps its data meanwhile
/// @param target null if none was set
record Workload(String id, String title, String about, Kind kind, int clients, int pipeline, double rate, int keyspace, Setting setting, Target target) {

    enum Kind { GET, SET, MIXED, PUBLISH }

    /// How a server keeps its data. All but PLAIN are had from servers that the benchmark has started for it, as it does not change the configuration of
    /// others, nor write their files.
    enum Setting {
        PLAIN(List.of("--save", "", "--appendonly", "no")),
        AOF_EVERYSEC(List.of("--save", "", "--appendonly", "yes", "--appendfsync", "everysec")),
        AOF_ALWAYS(List.of("--save", "", "--appendonly", "yes", "--appendfsync", "always")),
        SAVING(List.of("--save", "", "--appendonly", "no"));

        /// As on a server's command line: Redis's names, which are ours too.
        final List<String> options;

        Setting(List<String> options) {
            this.options = options;
        }
    }

    /// What our server is to reach beside Redis: a bound for a ratio.
    ///
    /// @param metric of what the ratio is
    record Target(Metric metric, double bound) {

        static Target throughput(double atLeast) {
            return new Target(Metric.THROUGHPUT, atLeast);
        }

        boolean isMetBy(double ratio) {
            return metric == Metric.THROUGHPUT ? ratio >= bound : ratio <= bound;
        }

        @Override
        public String toString() {
            return "%s %s %.2fx".formatted(metric.title, metric == Metric.THROUGHPUT ? "at least" : "at most", bound);
        }
    }

    /// A load for the BGSAVE row that either server bears: what counts there is how long users wait.
    static final double SAVING_RATE = 10_000;

    private static final int SAVED_KEYSPACES = 10;

    /// All that there are, as the options want them; in the order of the report.
    static List<Workload> all(Options options) {
        int clients = options.clients();
        int keyspace = options.keyspace();
        double rate = options.rate();
        var all = new ArrayList<Workload>();
        for (var kind : List.of(Kind.GET, Kind.SET)) {
            all.add(new Workload("sequential-" + name(kind), "sequential " + kind, """
                    One connection, one request at a time: the way of a single request through the server and back, most of it spent in system calls \
                    and in waking up whoever waits. Our connection is a blocking read on a virtual thread, Redis's an event of its loop.""",
                    kind, 1, 1, rate, keyspace, Setting.PLAIN, Target.throughput(0.95)));
        }
        for (var kind : List.of(Kind.GET, Kind.SET)) {
            all.add(new Workload("concurrent-" + name(kind), "concurrent " + kind, """
                    Many connections, one request at a time on each: the cost of a read and a write on a socket for every request. Our server spreads \
                    it over all cores, but has more system calls for each.""",
                    kind, clients, 1, rate, keyspace, Setting.PLAIN, Target.throughput(0.95)));
        }
        for (int pipeline : options.pipelines()) {
            for (var kind : List.of(Kind.GET, Kind.SET)) {
                all.add(new Workload("pipelined-" + pipeline + "-" + name(kind), "pipelined " + pipeline + " " + kind, """
                        Many connections that send a batch of requests at once: system calls are shared by the batch, and what is left is parsing, \
                        looking up and encoding.""",
                        kind, clients, pipeline, rate, keyspace, Setting.PLAIN, Target.throughput(1.1)));
            }
        }
        all.add(new Workload("mixed", "mixed 90/10", """
                Nine GETs to a SET, a few keys very often and most hardly ever (Zipf, exponent %s): what a cache sees.""".formatted(Keys.ZIPF_EXPONENT),
                Kind.MIXED, clients, 1, rate, keyspace, Setting.PLAIN, Target.throughput(1.1)));
        all.add(new Workload("aof-everysec", "AOF everysec SET", """
                Each SET is logged, and the log is forced to disk once a second.""",
                Kind.SET, clients, 1, rate, keyspace, Setting.AOF_EVERYSEC, Target.throughput(1.1)));
        all.add(new Workload("aof-always", "AOF always SET", """
                Each SET is on the disk before its reply leaves: how many share one fsync decides, and the disk itself.""",
                Kind.SET, clients, 1, rate, keyspace, Setting.AOF_ALWAYS, Target.throughput(1.1)));
        all.add(new Workload("pubsub", "pub/sub fan-out", """
                One publisher, and each message to many subscribers. Counted are messages that have reached a subscriber, and latency is from PUBLISH \
                to each of them.""",
                Kind.PUBLISH, clients, 16, rate, 0, Setting.PLAIN, null));
        all.add(new Workload("bgsave", "BGSAVE under load", """
                SETs while one snapshot follows another. They come at a fixed rate, as users do not wait until a server has copied its memory: the slowest \
                replies show what a snapshot costs.""",
                Kind.SET, clients, 1, rate == 0 ? SAVING_RATE : rate, Math.multiplyExact(SAVED_KEYSPACES, keyspace), Setting.SAVING,
                new Target(Metric.P99, 0.5)));
        return all;
    }

    private static String name(Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /// How it is sent, in a few words.
    String shape() {
        var shape = new StringBuilder("%d %s".formatted(clients, kind == Kind.PUBLISH ? "subscribers" : clients == 1 ? "client" : "clients"));
        if (kind == Kind.PUBLISH) shape.append(", ").append(pipeline).append(" messages on their way");
        else if (pipeline > 1) shape.append(", pipeline ").append(pipeline);
        if (kind != Kind.PUBLISH) shape.append(", %,d keys".formatted(keyspace));
        if (rate > 0) shape.append(", %,.0f/s".formatted(rate));
        return shape.toString();
    }

    Requests requests(int dataSize) {
        return switch (kind) {
            case GET -> Requests.get(Keys.uniform(keyspace));
            case SET -> Requests.set(Keys.uniform(keyspace), dataSize);
            case MIXED -> Requests.mixed(Keys.zipf(keyspace, Keys.ZIPF_EXPONENT), dataSize, 0.9);
            case PUBLISH -> Requests.publish(dataSize);
        };
    }

    /// What is wrong with a server that the benchmark has not started, for this row; empty if nothing is.
    Optional<String> objectionTo(ServerFacts facts) {
        return switch (setting) {
            case PLAIN -> Optional.empty();
            case AOF_EVERYSEC, AOF_ALWAYS -> {
                var fsync = setting == Setting.AOF_ALWAYS ? "always" : "everysec";
                yield facts.appendOnly().equals("yes") && facts.appendFsync().equals(fsync) ? Optional.empty()
                        : Optional.of("needs a server with appendonly yes and appendfsync " + fsync + ", and others' configuration is not changed");
            }
            case SAVING -> Optional.of("would overwrite the snapshot of a server that the benchmark has not started");
        };
    }
}
