package redis.server;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/// Parameters that Redis has, and this server not.
class ForeignParametersTest {

    @TempDir
    Path directory;

    private ServerConfig config(String text, String... options) throws Exception {
        var arguments = new String[options.length + 1];
        arguments[0] = Files.writeString(directory.resolve("redis.conf"), text).toString();
        System.arraycopy(options, 0, arguments, 1, options.length);
        return ServerConfig.parse(arguments);
    }

    @Test
    void thoseThatMayBeIgnoredAreAndItIsSaidWhich() throws Exception {
        assertThat(config("hz 50\nport 7000\nlist-max-listpack-size -2\nhz 10\ndatabases 16", "--io-threads", "4").withoutEffect())
                .containsExactly("hz", "list-max-listpack-size", "databases", "io-threads");
        assertThat(config("port 7000").withoutEffect()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"daemonize no", "supervised no", "supervised auto", "cluster-enabled no", "tls-port 0", "tls-replication no", "aclfile \"\"",
            "unixsocket \"\"", "syslog-enabled no", "bind-source-addr \"\"", "replica-announced yes", "replica-read-only yes"})
    void othersMaySayWhatIsTheCase(String line) throws Exception {
        assertThat(config(line).withoutEffect()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"daemonize yes", "supervised systemd", "cluster-enabled yes", "tls-port 6380", "tls-replication yes", "aclfile users.acl",
            "unixsocket /run/redis.sock", "syslog-enabled yes", "bind-source-addr 10.0.0.1", "replica-announced no", "slave-read-only no", "rename-command FLUSHALL \"\"",
            "rename-command", "loadmodule x.so", "user joe on nopass ~* +@all", "user"})
    void butNothingThatIsNot(String line) {
        assertThatIllegalArgumentException().isThrownBy(() -> config("port 7000\n" + line))
                .withMessageMatching("(?s).*redis\\.conf, at line 2\n>>> '\\Q" + line + "\\E'\n(this server|the system).*");
    }

    @Test
    void optionsWinOverWhatTheFileSays() throws Exception {
        assertThat(config("daemonize yes", "--daemonize", "no").withoutEffect()).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> config("daemonize no", "--daemonize", "yes"))
                .withMessage("--daemonize yes: this server stays in the foreground: run it as a service, or with & in a shell.");
    }

    /// Redis writes such a line into each file that it rewrites. The digest is of "secret".
    @ParameterizedTest
    @ValueSource(strings = {
            "user default on nopass ~* &* +@all",
            "user default on nopass sanitize-payload ~* &* +@all",
            "user default on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~* &* +@all\nrequirepass secret",
            "requirepass other\nuser default on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b allkeys allchannels allcommands\nrequirepass secret"})
    void aLineAboutTheOnlyUserMaySayWhatIsTheCase(String text) throws Exception {
        var config = config(text);
        config.rewriteFile();
        assertThat(Files.readString(config.file())).as("requirepass says it").doesNotContain("user default");
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "user default on nopass ~* &* +@all\nrequirepass secret",
            "user default on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~* &* +@all",
            "user default on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~* &* +@all\nrequirepass other",
            "user default on nopass ~cache:* &* +@all",
            "user default on nopass ~* &* +@all -flushall",
            "user default off nopass ~* &* +@all",
            "user default on ~* &* +@all"})
    void butNothingElse(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> config(text)).withMessageContaining("this server has one user, default");
    }
}
