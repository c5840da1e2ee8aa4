package redis.benchmark;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class LoadTest {

    private static final Requests PUBLISH = Requests.publish(3); // always the same length

    @Test
    void sendsAsManyRequestsAsItIsToldAndCountsTheirReplies() throws Exception {
        var received = new AtomicInteger();
        try (var server = new FakeServer(PUBLISH, (number, out) -> {
                received.set(number);
                FakeServer.ok(out);
            }); var load = Load.open(server.address(), 3)) {
            var first = load.closedLoop(PUBLISH, 7, Extent.ofRequests(1_000));
            assertThat(first.replies).isEqualTo(1_000);
            assertThat(first.latency.getTotalCount()).isEqualTo(1_000);
            assertThat(first.perSecond()).isPositive();
            assertThat(load.closedLoop(PUBLISH, 1, Extent.ofRequests(1)).replies).as("on the same connections").isEqualTo(1);
            assertThat(received).hasValue(1_001);
        }
    }

    @Test
    void endsWhenTheTimeIsUpAndTheLastReplyIsThere() throws Exception {
        try (var server = new FakeServer(PUBLISH, (_, out) -> FakeServer.ok(out)); var load = Load.open(server.address(), 2)) {
            var measurement = load.closedLoop(PUBLISH, 10, Extent.of(Duration.ofMillis(50)));
            assertThat(measurement.nanos).isGreaterThan(40_000_000);
            assertThat(measurement.replies % 10).as("all of each pipeline were awaited").isZero();
        }
    }

    /// 1000 requests a second on one connection, and a server that says nothing for 200 ms once. Of those that users would have sent meanwhile, 200,
    /// only one is really sent and waits; the others are sent late.
    @Test
    void aStallIsSeenInFullWithTheCorrectionAndHardlyWithout() throws Exception {
        int stallMillis = 200;
        try (var server = new FakeServer(PUBLISH, (number, out) -> {
                if (number == 300) TimeUnit.MILLISECONDS.sleep(stallMillis);
                FakeServer.ok(out);
            }); var load = Load.open(server.address(), 1)) {
            load.connections().getFirst().use(PUBLISH);
            var measurement = load.run(new FixedRate(load.connections(), 1, 1_000, Extent.ofRequests(1_000)), _ -> {});
            assertThat(measurement.replies).isEqualTo(1_000);
            long half = TimeUnit.MILLISECONDS.toNanos(stallMillis / 2);
            assertThat(measurement.uncorrected.getCountBetweenValues(half, Long.MAX_VALUE / 2)).as("as they were sent").isBetween(1L, 20L);
            assertThat(measurement.latency.getCountBetweenValues(half, Long.MAX_VALUE / 2)).as("as they were due").isGreaterThanOrEqualTo(stallMillis / 2 - 1);
            assertThat(measurement.latency.getMaxValue()).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(stallMillis) * 99 / 100);
        }
    }

    @Test
    void aRateIsKept() throws Exception {
        try (var server = new FakeServer(PUBLISH, (_, out) -> FakeServer.ok(out)); var load = Load.open(server.address(), 5)) {
            for (var connection : load.connections()) connection.use(PUBLISH);
            var measurement = load.run(new FixedRate(load.connections(), 2, 2_000, Extent.of(Duration.ofMillis(500))), _ -> {});
            assertThat(measurement.replies).isEqualTo(1_000);
            assertThat(measurement.nanos).as("no request is sent before it is due").isGreaterThan(490_000_000);
        }
    }

    @Test
    void requestsThatAreNeverSentForLackOfTimeCountAsWaiting() throws Exception {
        try (var server = new FakeServer(PUBLISH, (_, out) -> {
                TimeUnit.MILLISECONDS.sleep(20);
                FakeServer.ok(out);
            }); var load = Load.open(server.address(), 1)) {
            load.connections().getFirst().use(PUBLISH);
            var measurement = load.run(new FixedRate(load.connections(), 1, 10_000, Extent.of(Duration.ofMillis(100))), _ -> {});
            assertThat(measurement.replies).isLessThan(200);
            assertThat(measurement.latency.getTotalCount()).isEqualTo(1_000);
            assertThat(measurement.latency.getValueAtPercentile(50)).isGreaterThan(TimeUnit.SECONDS.toNanos(1));
        }
    }

    @Test
    void aMessageIsCountedForEachSubscriberFromWhenItWasPublished() throws Exception {
        try (var redis = TestServers.startRedis(); var load = Load.open(redis.address, 4)) {
            var publisher = load.connections().getFirst();
            var subscribers = load.connections().subList(1, 4);
            for (var subscriber : subscribers) subscriber.use(Requests.subscribe());
            load.run(new ClosedLoop(subscribers, 1, Extent.ofRequests(3)), _ -> {});
            publisher.use(PUBLISH);
            for (double rate : List.of(0.0, 5_000.0)) {
                var measurement = load.run(new FanOut(publisher, subscribers, 16, rate, Extent.ofRequests(1_000)), _ -> {});
                assertThat(measurement.replies).isEqualTo(3_000);
                assertThat(measurement.latency.getTotalCount()).isEqualTo(3_000);
                assertThat(measurement.latency.getMinValue()).isPositive();
            }
        }
    }

    @Test
    void anErrorReplyEndsIt() throws Exception {
        try (var server = new FakeServer(PUBLISH, (number, out) -> {
                if (number == 50) out.write("-MISCONF the disk is full\r\n".getBytes(StandardCharsets.US_ASCII));
                else FakeServer.ok(out);
            }); var load = Load.open(server.address(), 2)) {
            assertThatThrownBy(() -> load.closedLoop(PUBLISH, 1, Extent.ofRequests(1_000)))
                    .isInstanceOf(LoadException.class).hasMessage("the server replied with an error: MISCONF the disk is full");
        }
    }

    @Test
    void aLostConnectionEndsIt() throws Exception {
        try (var server = new FakeServer(PUBLISH, (number, out) -> {
                if (number == 50) throw new InterruptedException("and the socket is closed");
                FakeServer.ok(out);
            }); var load = Load.open(server.address(), 2)) {
            assertThatThrownBy(() -> load.closedLoop(PUBLISH, 1, Extent.ofRequests(1_000)))
                    .isInstanceOf(LoadException.class).hasMessage("the server closed a connection, on which it owed 1 replies");
        }
    }

    @Test
    void sayingNothingEndsIt() throws Exception {
        try (var server = new FakeServer(PUBLISH, (_, _) -> {}); var load = Load.open(server.address(), 1, Duration.ofMillis(100))) {
            assertThatThrownBy(() -> load.closedLoop(PUBLISH, 1, Extent.ofRequests(1)))
                    .isInstanceOf(LoadException.class).hasMessage("the server has not replied for 0.1 seconds");
        }
    }

    @Test
    void nobodyListening() throws Exception {
        SocketAddress address;
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            address = socket.getLocalSocketAddress();
        }
        assertThatThrownBy(() -> Load.open((InetSocketAddress) address, 5)).isInstanceOf(LoadException.class).hasMessageStartingWith("cannot open 5 connections: ");
    }

    @Test
    void requestsThatAreLargerThanSocketBuffersAreSentInPieces() throws Exception {
        try (var redis = TestServers.startRedis(); var load = Load.open(redis.address, 3)) {
            assertThat(load.closedLoop(Requests.set(Keys.all(10), 1 << 20), 5, Extent.ofRequests(50)).replies).isEqualTo(50);
            assertThat(load.closedLoop(Requests.get(Keys.all(10)), 5, Extent.ofRequests(50)).replies).isEqualTo(50);
            assertThat(load.nulls()).isZero();
            assertThat(load.closedLoop(Requests.get(Keys.all(20)), 5, Extent.ofRequests(20)).replies).isEqualTo(20);
            assertThat(load.nulls()).as("keys that do not exist").isEqualTo(10);
        }
    }
}
