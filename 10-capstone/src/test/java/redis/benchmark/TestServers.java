package redis.benchmark;

import java.io.IOException;
import org.junit.jupiter.api.Assumptions;

import static org.assertj.core.api.Assertions.assertThat;

/// Real Redis servers of a test's own.
final class TestServers {

    private TestServers() {}

    /// Skips the test where there is no redis-server; with `REQUIRE_REDIS=1` in the environment it fails instead.
    static Launch redis() {
        var launch = Launch.redis();
        if ("1".equals(System.getenv("REQUIRE_REDIS"))) assertThat(launch).as("redis-server is installed").isPresent();
        Assumptions.assumeTrue(launch.isPresent(), "redis-server is not installed. " + Launch.HOW_TO_GET_REDIS);
        return launch.get();
    }

    /// Keeps nothing on disk. Close it.
    static RunningServer startRedis() throws IOException, InterruptedException {
        return RunningServer.start(redis(), 0, Workload.Setting.PLAIN.options);
    }

    /// As `--port` and `--against` want it.
    static String address(RunningServer server) {
        return "127.0.0.1:" + server.address.getPort();
    }
}
