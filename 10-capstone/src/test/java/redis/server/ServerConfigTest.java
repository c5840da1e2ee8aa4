package redis.server;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ServerConfigTest {

    @Test
    void listensOnThisMachineOnlyUnlessToldOtherwise() {
        assertThat(ServerConfig.parse().bind.get()).isEqualTo("127.0.0.1");
        assertThat(ServerConfig.parse().port.get()).isEqualTo(6380);
    }

    @Test
    void takesOptionsInAnyOrderAndTheLastOfEach() {
        var config = ServerConfig.parse("--port", "7000", "--bind", "0.0.0.0", "--port", "65535");
        assertThat(config.bind.get()).isEqualTo("0.0.0.0");
        assertThat(config.port.get()).isEqualTo(65_535);
    }

    @Test
    void givesNothingWhenAskedForHelp() {
        assertThat(ServerConfig.parse("--help")).isNull();
        assertThat(ServerConfig.parse("--port", "7000", "--help")).isNull();
        assertThat(ServerConfig.parse("redis.conf", "--help")).isNull();
        assertThat(ServerConfig.parse("-h")).isNull();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "100, 100", "1b, 1", "1k, 1000", "1kb, 1024", "2M, 2000000", "2mB, 2097152", "1g, 1000000000", "1gb, 1073741824"})
    void countsMemoryInBytes(String text, long bytes) {
        assertThat(ServerConfig.parse("--auto-aof-rewrite-min-size", text).autoAofRewriteMinSize.get()).isEqualTo(bytes);
    }

    @Test
    void namesEveryOptionInItsUsage() {
        assertThat(ServerConfig.USAGE).contains("--port", "--bind", "--help");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --prot 7000         | Unknown option --prot.
            --                  | Unknown option --.
            --port"             | Unknown option --port".
            --port              | --port needs a value.
            --bind :: --port    | --port needs a value.
            --port abc          | --port abc: argument couldn't be parsed into an integer.
            --port -1           | --port -1: argument must be between 0 and 65535 inclusive.
            --port 65536        | --port 65536: argument must be between 0 and 65535 inclusive.
            --port 99999999999  | --port 99999999999: argument must be between 0 and 65535 inclusive.
            --appendonly maybe  | --appendonly maybe: argument must be 'yes' or 'no'.
            --appendfsync often | --appendfsync often: argument(s) must be one of the following: everysec, always, no.
            --appendfilename a/b | --appendfilename a/b: appendfilename can't be a path, just a filename.
            --auto-aof-rewrite-min-size 64xb | --auto-aof-rewrite-min-size 64xb: argument must be a memory value.
            --save 60           | --save 60: Invalid save parameters.
            --port 1 2          | --port 1 2: wrong number of arguments.
            --port --bind ::1   | --port --bind ::1: wrong number of arguments.
            --requirepass a b   | --requirepass a b: wrong number of arguments.
            --bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 | --bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17: Too many bind addresses specified.
            --loglevel loud     | --loglevel loud: argument(s) must be one of the following: debug, verbose, notice, warning.
            --replicaof host    | --replicaof host: argument must be "HOST PORT".
            --repl-timeout 0    | --repl-timeout 0: argument must be between 1 and 2147483647 inclusive.
            --repl-backlog-size 0 | --repl-backlog-size 0: argument must be between 1 and 9223372036854775807 inclusive.
            replica             | replica needs three values: its own port, and its master's host and port.
            replica 6381        | replica needs three values: its own port, and its master's host and port.
            replica 6381 host   | replica needs three values: its own port, and its master's host and port.
            replica 6381 host x | --replicaof host x: Invalid master port.
            replica 6381 host 65536 | --replicaof host 65536: Invalid master port.
            replica x host 6380 | --port x: argument couldn't be parsed into an integer.
            replica 6381 host 6380 --prot 1 | Unknown option --prot.
            replica 6381 host 6380 --bind | --bind needs a value.
            --port 6381 replica | --port 6381 replica: wrong number of arguments.
            """)
    void saysWhatIsWrong(String arguments, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse(arguments.split(" "))).withMessage(message);
    }

    /// As Redis reads them. Quotes are those of the shell.
    @Test
    void anOptionHasAllValuesUpToTheNext() {
        assertThat(ServerConfig.parse("--save", "3600", "1", "300", "100", "--appendonly", "yes").save.text()).isEqualTo("3600 1 300 100");
        assertThat(ServerConfig.parse("--save", "3600 1", "--save", "300", "100").save.text()).as("several add up").isEqualTo("3600 1 300 100");
        assertThat(ServerConfig.parse("--save", "3600", "1", "--save", "").save.text()).isEmpty();
        assertThat(ServerConfig.parse("--save", "--port", "7000").save.text()).as("no value stands for none").isEmpty();
        assertThat(ServerConfig.parse("--save").save.text()).isEmpty();
        assertThat(ServerConfig.parse("--bind", "127.0.0.1", "-::1").bind.get()).isEqualTo("127.0.0.1 -::1");
        assertThat(ServerConfig.parse("--replicaof", "host", "6380").replicaOf.get()).isEqualTo("host 6380");
        assertThat(ServerConfig.parse("--PORT", "7000").port.get()).isEqualTo(7000);
        assertThat(ServerConfig.parse("--port 7000").port.get()).as("both in one argument").isEqualTo(7000);
        assertThat(ServerConfig.parse("--requirepass \"two wörds\"").requirePass.get()).isEqualTo("two wörds");
        assertThat(ServerConfig.parse("--requirepass", "--secret").requirePass.get()).as("a value that looks like an option").isEqualTo("--secret");
        assertThat(ServerConfig.parse("--client-output-buffer-limit", "pubsub", "1mb", "0", "0").clientOutputBufferLimit.text())
                .isEqualTo("normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 0 0");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            host -1  | Invalid master port
            host 1.5 | Invalid master port
            host 99999999999 | Invalid master port
            a b 6380 | argument must be "HOST PORT"
            ' 6380'  | argument must be "HOST PORT"
            """)
    void aMasterIsAHostAndAPort(String master, String reason) {
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse("--replicaof", master))
                .withMessage("--replicaof " + master + ": " + reason + ".");
    }

    @Test
    void takesAMaster() {
        assertThat(ServerConfig.parse("--replicaof", "host 6380").replicaOf.get()).isEqualTo("host 6380");
        assertThat(ServerConfig.parse("--slaveof", "host  6380").replicaOf.get()).isEqualTo("host  6380");
        assertThat(ServerConfig.parse("--replicaof", "::1 0").replicaOf.get()).isEqualTo("::1 0");
        assertThat(ServerConfig.parse("--replicaof", "host 6380", "--replicaof", "").replicaOf.get()).isEmpty();
        assertThat(ServerConfig.parse("--replicaof", "host 6380", "--replicaof", "no", "one").replicaOf.get()).isEmpty();
        assertThat(ServerConfig.parse().replicaOf.get()).isEmpty();
    }

    @Test
    void aReplicaHasItsOwnPortAndDirectory() {
        var config = ServerConfig.parse("replica", "6381", "host", "6380");
        assertThat(config.port.get()).isEqualTo(6381);
        assertThat(config.replicaOf.get()).isEqualTo("host 6380");
        assertThat(config.dir.text()).endsWith("/data/10-capstone/replica-6381");
        var other = ServerConfig.parse("replica", "6382", "host", "6380", "--dir", "elsewhere", "--port", "6383");
        assertThat(other.port.get()).isEqualTo(6383);
        assertThat(other.dir.text()).endsWith("/elsewhere");
        assertThat(ServerConfig.parse("replica", "6381", "host", "6380", "--help")).isNull();
        assertThat(ServerConfig.parse("replica", "--help")).isNull();
    }

    @Test
    void saysInItsUsageHowToBecomeAReplica() {
        assertThat(ServerConfig.USAGE).contains("replica PORT MASTER-HOST MASTER-PORT", "--replicaof", "--requirepass", "--masterauth")
                .doesNotContain("slave-priority");
    }
}
