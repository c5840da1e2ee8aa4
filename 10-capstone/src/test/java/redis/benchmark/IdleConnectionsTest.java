package redis.benchmark;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class IdleConnectionsTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private int run(String... args) throws Exception {
        return IdleConnections.run(new PrintStream(out, true, StandardCharsets.UTF_8), args);
    }

    private String text() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    @Tag("torture") // it waits until the servers give no more memory back
    void tellsWhatConnectionsCost() throws Exception {
        assertThat(run("--connections", "6000")).as(text()).isZero(); // from two addresses
        assertThat(text()).startsWith("6,000 connections").containsPattern("(?m)^ours +\\d+ MiB +\\d+ MiB +\\d+\\.\\d KiB ");
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        assertThat(run("--connections", "0")).isEqualTo(2);
        assertThat(run("--connections", "many")).isEqualTo(2);
        assertThat(run("--connections")).isEqualTo(2);
        assertThat(run("--clients", "10")).isEqualTo(2);
        assertThat(run("--connections", "10", "--clients")).isEqualTo(2);
        assertThat(run("--connections", "9999999")).isEqualTo(2); // no system allows a process as many files as that
        assertThat(text()).isEmpty();
        assertThat(run("--help")).isZero();
        assertThat(text()).contains("--connections NUMBER");
    }
}
