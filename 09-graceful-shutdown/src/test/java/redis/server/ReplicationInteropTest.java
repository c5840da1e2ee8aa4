package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.server.Node.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/// Masters and replicas of both kinds, ours and real ones, and never a difference between their data. Those pairs that take several seconds in all are
/// for the long run.
class ReplicationInteropTest {

    @TempDir
    private Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void stopServers() throws Exception {
        for (var closeable : opened.reversed()) closeable.close();
    }

    private Node start(Kind kind, String name, String... options) throws Exception {
        var node = Node.start(kind, Files.createDirectories(directory.resolve(name)), options);
        opened.add(node);
        return node;
    }

    /// Leaves its files for another one.
    private void stop(Node node) throws Exception {
        opened.remove(node);
        node.close();
    }

    private TcpProxy proxyOf(Node node) throws IOException {
        var proxy = new TcpProxy(node.address());
        opened.add(proxy);
        return proxy;
    }

    private static void fill(Node node, int count, long seed) throws IOException {
        var random = new Random(seed);
        for (int from = 0; from < count; from += 1_000) {
            var mset = new ArrayList<>(List.of("MSET"));
            for (int i = from; i < Math.min(count, from + 1_000); i++) {
                mset.add("key:" + i);
                mset.add(switch (i % 3) {
                    case 0 -> Integer.toString(random.nextInt());
                    case 1 -> "line\r\n" + Long.toString(random.nextLong(), 36);
                    default -> "x".repeat(random.nextInt(300));
                });
            }
            node.call(mset.toArray(String[]::new)).isOk();
        }
        for (int i = 0; i < count; i += 10) node.client().send("EXPIRE", "key:" + i, Integer.toString(1_000 + i));
        for (int i = 0; i < count; i += 10) node.client().read().is(1);
    }

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "REAL, OURS", "OURS, OURS"})
    void aReplicaGetsAllDataAndThenEveryWrite(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master");
        var replica = start(replicaKind, "replica");
        fill(master, 3_000, 1);
        replica.call("SET", "of its own", "1").isOk();
        try (var load = new WriteLoad(master.address(), 2, 1, masterKind == Kind.REAL)) {
            load.await(1_000);
            replica.follow(master.address());
            replica.awaitLink();
            load.await(1_000);
            load.stop();
        }
        replica.awaitSameAs(master);
        assertThat(replica.dataset()).doesNotContainKey("of its own");
        assertThat(master.info("sync_full")).isEqualTo("1");
        assertThat(master.info("connected_slaves")).isEqualTo("1");
        replica.call("SET", "a", "1").isError("READONLY You can't write against a read only replica.");
    }

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "REAL, OURS", "OURS, OURS"})
    void aLinkThatIsCutGoesOnWhereItWas(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master", "--repl-backlog-size", "64mb");
        var replica = start(replicaKind, "replica");
        var proxy = proxyOf(master);
        fill(master, 1_000, 2);
        replica.follow(proxy.address());
        replica.awaitSameAs(master);
        proxy.interrupt();
        fill(master, 500, 3);
        proxy.restore();
        replica.awaitSameAs(master);
        try (var load = new WriteLoad(master.address(), 2, 4, masterKind == Kind.REAL)) {
            for (int i = 0; i < 5; i++) {
                load.await(200);
                proxy.cutAfter(new Random(i).nextInt(5_000));
                Eventually.becomesTrue("it is cut", () -> !proxy.isToCut());
                replica.awaitLink();
            }
            load.stop();
        }
        replica.awaitSameAs(master);
        // Where a cut lost nothing the replica is where the master is before it comes back.
        Eventually.becomesTrue("it has come back each time", () -> master.number("sync_partial_ok") >= 6);
        assertThat(master.info("sync_full")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "REAL, OURS"})
    @Tag("torture")
    void whatIsNoLongerInTheBacklogNeedsAFullSynchronization(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master", "--repl-backlog-size", "16kb");
        var replica = start(replicaKind, "replica");
        var proxy = proxyOf(master);
        fill(master, 100, 5);
        replica.follow(proxy.address());
        replica.awaitSameAs(master);
        proxy.interrupt();
        for (int i = 0; i < 20; i++) master.call("SET", "long:" + i, "x".repeat(20_000)).isOk();
        Eventually.becomesTrue("the backlog is trimmed", () -> master.number("repl_backlog_histlen") < 200_000);
        proxy.restore();
        replica.awaitSameAs(master);
        assertThat(master.info("sync_full")).isEqualTo("2");
        assertThat(master.number("sync_partial_err")).isGreaterThanOrEqualTo(1);
    }

    // ---- chains and changes of the master ----

    @ParameterizedTest
    @CsvSource({"OURS, REAL, OURS", "REAL, OURS, REAL", "OURS, OURS, REAL", "OURS, OURS, OURS"})
    @Tag("torture")
    void aReplicaIsPromotedAndAllGoOnPartially(Kind first, Kind second, Kind third) throws Exception {
        var a = start(first, "a");
        var b = start(second, "b");
        var c = start(third, "c");
        fill(a, 500, 6);
        b.follow(a.address());
        b.awaitMaster(a);
        c.follow(b.address());
        c.awaitMaster(b);
        a.call("SET", "through", "all").isOk();
        c.awaitSameAs(a);
        var oldId = a.info("master_replid");
        assertThat(c.info("master_replid")).isEqualTo(oldId);

        b.call("REPLICAOF", "NO", "ONE").isOk();
        long parted = b.number("second_repl_offset");
        b.call("SET", "after", "the promotion").isOk();
        assertThat(b.info("master_replid")).isNotEqualTo(oldId);
        assertThat(b.info("master_replid2")).isEqualTo(oldId);
        c.awaitSameAs(b);
        assertThat(c.info("master_replid2")).isEqualTo(oldId);
        assertThat(b.info("sync_full")).isEqualTo("1");
        assertThat(b.number("sync_partial_ok")).isGreaterThanOrEqualTo(1);

        // The old master has no more than the new one had: a ping would be more.
        if (a.number("master_repl_offset") < parted) {
            a.follow(b.address());
            a.awaitSameAs(b);
            assertThat(b.info("sync_full")).isEqualTo("1");
        } else {
            a.follow(b.address());
            a.awaitSameAs(b);
        }
        b.call("SET", "for", "both").isOk();
        a.awaitSameAs(b);
        c.awaitSameAs(b);
    }

    @ParameterizedTest
    @CsvSource({"OURS, OURS", "REAL, OURS", "OURS, REAL"})
    @Tag("torture")
    void anOldMasterFollowsTheNewOnePartially(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master", "--repl-ping-replica-period", "1000");
        var replica = start(replicaKind, "replica", "--repl-ping-replica-period", "1000");
        fill(master, 500, 7);
        replica.follow(master.address());
        replica.awaitSameAs(master);
        master.call("SET", "last", "1").isOk();
        replica.awaitSameAs(master);
        replica.call("REPLICAOF", "NO", "ONE").isOk();
        replica.call("SET", "first", "1").isOk();
        master.follow(replica.address());
        master.awaitSameAs(replica);
        assertThat(replica.info("sync_full")).isEqualTo("0");
        assertThat(replica.info("sync_partial_ok")).isEqualTo("1");
    }

    /// What it has written and the new one never got is gone: it must not go on from there.
    @ParameterizedTest
    @CsvSource({"OURS, OURS", "REAL, OURS", "OURS, REAL"})
    @Tag("torture")
    void anOldMasterThatHasWrittenMoreGetsAllDataAnew(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master");
        var replica = start(replicaKind, "replica");
        fill(master, 100, 8);
        replica.follow(master.address());
        replica.awaitSameAs(master);
        replica.call("REPLICAOF", "NO", "ONE").isOk();
        master.call("SET", "nobody", "gets this").isOk();
        for (int i = 0; i < 20; i++) replica.call("SET", "i:" + i, "1").isOk();
        master.follow(replica.address());
        master.awaitSameAs(replica);
        assertThat(replica.info("sync_full")).isEqualTo("1");
        master.call("GET", "nobody").isNil();
    }

    @Test
    void messagesGoDownTheChain() throws Exception {
        var a = start(Kind.REAL, "a");
        var b = start(Kind.OURS, "b");
        var c = start(Kind.REAL, "c");
        var d = start(Kind.OURS, "d");
        for (var pair : List.of(List.of(b, a), List.of(c, b), List.of(d, c))) {
            pair.getFirst().follow(pair.getLast().address());
            pair.getFirst().awaitMaster(pair.getLast());
        }
        for (var node : List.of(c, d)) {
            try (var listener = node.connect()) {
                var channel = "news for " + node.address().getPort();
                listener.call("SUBSCRIBE", channel).is(List.of("subscribe", channel, 1));
                b.call("PUBLISH", channel, "from a replica, where it stays").is(0);
                a.call("PUBLISH", channel, "x").is(0);
                listener.read().is(List.of("message", channel, "x"));
            }
        }
        d.awaitSameAs(a);
    }

    // ---- restarts ----

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "REAL, OURS", "OURS, OURS"})
    @Tag("torture")
    void aReplicaThatStartsAgainGoesOnFromItsFile(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master");
        var replica = start(replicaKind, "replica");
        fill(master, 500, 9);
        master.call("SET", "ends", "soon", "PX", "2000").isOk();
        replica.follow(master.address());
        replica.awaitMaster(master);
        replica.call("SAVE").isOk();
        stop(replica);
        master.call("PERSIST", "ends").is(1); // which a file from before does not tell
        fill(master, 200, 10);
        TimeUnit.MILLISECONDS.sleep(2_050); // a key is over by the clock alone
        replica = start(replicaKind, "replica", "--replicaof", "127.0.0.1 " + master.address().getPort());
        replica.awaitSameAs(master);
        replica.call("GET", "ends").is("soon");
        assertThat(master.info("sync_full")).isEqualTo("1");
        assertThat(master.info("sync_partial_ok")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "REAL, OURS", "OURS, OURS"})
    @Tag("torture")
    void aMasterThatStartsAgainLetsItsReplicaGoOn(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master");
        var replica = start(replicaKind, "replica");
        fill(master, 500, 11);
        replica.follow(master.address());
        replica.awaitSameAs(master);
        master.call("SET", "ends", "soon", "PX", "200").isOk();
        replica.awaitMaster(master);
        replica.call("REPLICAOF", "NO", "ONE").isOk(); // it waits for its master, which comes back on another port
        master.call("SAVE").isOk();
        stop(master);
        TimeUnit.MILLISECONDS.sleep(250); // a key is over by the clock alone
        master = start(masterKind, "master");
        assertThat(master.info("master_replid2")).isEqualTo(replica.info("master_replid2"));
        var restarted = master;
        Eventually.becomesTrue("the key is gone", () -> restarted.call("DBSIZE").text().equals("500"));
        master.call("INCR", "counter").is(1);
        replica.follow(master.address());
        replica.awaitSameAs(master);
    }

    /// In between nobody but the test: the id is the same, so the way of C3 is taken that a promotion leaves open.
    @ParameterizedTest
    @CsvSource({"OURS", "REAL"})
    void aMasterThatStartsAgainKnowsWhatItsReplicasHave(Kind replicaKind) throws Exception {
        var master = start(Kind.OURS, "master", "--repl-ping-replica-period", "1000");
        var replica = start(replicaKind, "replica", "--repl-ping-replica-period", "1000");
        var proxy = proxyOf(master);
        fill(master, 100, 12);
        replica.follow(proxy.address());
        replica.awaitSameAs(master);
        proxy.interrupt();
        master.call("SAVE").isOk();
        stop(master);
        master = start(Kind.OURS, "master");
        var again = new TcpProxy(master.address());
        opened.add(again);
        replica.follow(again.address());
        master.call("INCR", "counter").is(1);
        replica.awaitSameAs(master);
        assertThat(master.info("sync_full")).isEqualTo("0");
        assertThat(master.info("sync_partial_ok")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "REAL, OURS", "OURS, OURS"})
    @Tag("torture")
    void aReplicaKeepsALog(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master");
        var replica = start(replicaKind, "replica", "--appendonly", "yes");
        replica.call("SET", "of its own", "1").isOk();
        fill(master, 500, 13);
        replica.follow(master.address());
        replica.awaitSameAs(master);
        try (var load = new WriteLoad(master.address(), 2, 14, masterKind == Kind.REAL)) {
            load.await(1_000);
            load.stop();
        }
        replica.awaitSameAs(master);
        var logging = replica;
        Eventually.becomesTrue("the log has been begun", () -> "0".equals(logging.info("aof_rewrite_in_progress"))
                && "0".equals(logging.info("aof_rewrite_scheduled")) && Files.exists(directory.resolve("replica/appendonlydir/appendonly.aof.2.base.rdb")));
        if (masterKind == Kind.REAL) {
            master.call("MULTI").isOk();
            for (int i = 0; i < 3; i++) master.call("INCR", "together").satisfies(_ -> {});
            master.call("EXEC").is(List.of(1, 2, 3));
        }
        master.call("SET", "last", "1").isOk();
        replica.awaitSameAs(master);
        var expected = master.dataset();
        stop(replica);
        replica = start(replicaKind, "replica", "--appendonly", "yes");
        assertThat(replica.dataset().equals(expected)).isTrue();
        if (replicaKind == Kind.OURS) new AofFiles(directory.resolve("replica")).check();
    }

    // ---- expiry ----

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "REAL, OURS"})
    @Tag("torture")
    void aReplicaWaitsForItsMasterToDelete(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master");
        var replica = start(replicaKind, "replica");
        var proxy = proxyOf(master);
        replica.follow(proxy.address());
        replica.awaitMaster(master);
        master.call("SET", "k", "v", "PX", "100").isOk();
        replica.awaitMaster(master);
        proxy.interrupt();
        Eventually.becomesTrue("the master has deleted it", () -> master.call("DBSIZE").text().equals("0"));
        replica.call("GET", "k").isNil();
        replica.call("EXISTS", "k").is(0);
        replica.call("TTL", "k").is(-2);
        replica.call("KEYS", "*").is(List.of());
        replica.call("DBSIZE").is(1);
        proxy.restore();
        Eventually.becomesTrue("the DEL has come", () -> replica.call("DBSIZE").text().equals("0"));
    }

    @Test
    void keysThatEndInATransaction() throws Exception {
        var master = start(Kind.REAL, "master", "--enable-debug-command", "yes");
        var replica = start(Kind.OURS, "replica");
        replica.follow(master.address());
        replica.awaitMaster(master);
        master.call("DEBUG", "SET-ACTIVE-EXPIRE", "0").isOk();
        for (var key : List.of("a", "b", "c")) master.call("SET", key, "1", "PX", "50").isOk();
        TimeUnit.MILLISECONDS.sleep(80);
        replica.awaitMaster(master);
        replica.call("DBSIZE").is(3);
        master.call("MULTI").isOk();
        master.call("INCR", "a").satisfies(_ -> {});
        master.call("APPEND", "b", "x").satisfies(_ -> {});
        master.call("GET", "c").satisfies(_ -> {});
        master.call("SET", "c", "2", "KEEPTTL").satisfies(_ -> {});
        master.call("EXEC").satisfies(_ -> {});
        replica.awaitSameAs(master);
        assertThat(replica.dataset()).isEqualTo(Map.of("a", "1", "b", "x", "c", "2"));
    }

    // ---- snapshots at the same time as other things ----

    @ParameterizedTest
    @CsvSource({"OURS, REAL", "OURS, OURS"})
    @Tag("torture")
    void replicasAskWhileSnapshotsAreTakenAndTheDataDeleted(Kind masterKind, Kind replicaKind) throws Exception {
        var master = start(masterKind, "master", "--appendonly", "yes");
        var first = start(replicaKind, "first");
        var second = start(replicaKind, "second");
        fill(master, 20_000, 15);
        master.call("BGREWRITEAOF").satisfies(_ -> {});
        first.follow(master.address());
        second.follow(master.address());
        master.call("SET", "before", "1").isOk();
        master.call("FLUSHALL").isOk();
        fill(master, 5_000, 16);
        first.awaitSameAs(master);
        second.awaitSameAs(master);
        master.call("BGSAVE").satisfies(_ -> {});
        var third = start(replicaKind, "third");
        third.follow(master.address());
        third.awaitSameAs(master);
        master.call("FLUSHALL").isOk();
        for (var replica : List.of(first, second, third)) replica.awaitSameAs(master);
    }

    @Test
    void redisCliTakesASnapshot() throws Exception {
        var master = start(Kind.OURS, "master");
        fill(master, 1_000, 17);
        var file = directory.resolve("taken/dump.rdb");
        Files.createDirectories(file.getParent());
        Programs.require("redis-cli", "redis-check-rdb");
        assertThat(Programs.run("", "redis-cli", "-p", Integer.toString(master.address().getPort()), "--rdb", file.toString())).contains("Transfer finished");
        assertThat(Programs.run("", "redis-check-rdb", file.toString())).contains("RDB looks OK!").contains("[info] 1000 keys read");
        Eventually.becomesTrue("it has left", () -> "0".equals(master.info("connected_slaves")));
        assertThat(start(Kind.REAL, "taken").dataset().equals(master.dataset())).isTrue();
    }

    // ---- INFO ----

    @Test
    void infoHasTheFieldsOfARealOneInItsOrder() throws Exception {
        var real = start(Kind.REAL, "real", "--min-replicas-to-write", "1");
        var ours = start(Kind.OURS, "ours", "--min-replicas-to-write", "1");
        assertThat(replicationFields(ours)).isEqualTo(replicationFields(real));
        var ofReal = start(Kind.REAL, "of real");
        var ofOurs = start(Kind.REAL, "of ours");
        ofReal.follow(real.address());
        ofOurs.follow(ours.address());
        ofReal.awaitMaster(real);
        ofOurs.awaitMaster(ours);
        for (var master : List.of(real, ours)) {
            Eventually.becomesTrue("its replica is online", () -> master.info("slave0").contains("state=online"));
        }
        assertThat(ours.info("slave0").replaceAll("\\d+", "n")).isEqualTo(real.info("slave0").replaceAll("\\d+", "n"));
        assertThat(replicationFields(ours)).isEqualTo(replicationFields(real));

        var follower = start(Kind.OURS, "follower");
        follower.follow(real.address());
        follower.awaitMaster(real);
        assertThat(replicationFields(follower)).isEqualTo(replicationFields(ofReal));
        var port = real.address().getPort();
        stop(real);
        Eventually.becomesTrue("both are alone", () -> "down".equals(follower.info("master_link_status")) && "down".equals(ofReal.info("master_link_status")));
        assertThat(replicationFields(follower)).isEqualTo(replicationFields(ofReal));
        assertThat(follower.info("master_port")).isEqualTo(Integer.toString(port));
    }

    private static List<String> replicationFields(Node node) throws IOException {
        return node.call("INFO", "replication").text().lines().map(line -> line.replaceFirst(":.*", "")).toList();
    }
}
