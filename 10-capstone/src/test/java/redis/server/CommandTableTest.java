package redis.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Flag;
import redis.server.Command.Keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// How a request finds its command. What a client gets to see of that is tested over TCP.
class CommandTableTest {

    private static final Resp DONE = new Resp.SimpleString("DONE");

    private final ServerConfig config = ServerConfig.parse();
    private final Store store = new Store(InstantSource.system());
    private final AppendOnlyFile log = new AppendOnlyFile(config, () -> {});
    private final ReplicationStream stream = new ReplicationStream();
    private final ReplicationHistory history = new ReplicationHistory(stream);
    private final Persistence persistence = new Persistence(config, store, InstantSource.system(), history);
    private final Replicas replicas = new Replicas(config, store, stream, history, persistence, InstantSource.system());
    private final Propagation propagation = new Propagation(store, log, stream);
    private final Statistics statistics = new Statistics(config, store, new SlowLog(config, InstantSource.system()));
    private final CommandTable table = new CommandTable(propagation, statistics);
    private final PubSub pubSub = new PubSub();
    private final Replication replication = new Replication(config, store, stream, history, persistence, table, replicas,
            InstantSource.system(), statistics);
    private final Shutdown shutdown = new Shutdown(config, store, new ClientPause(store), persistence, stream, replicas, replication, _ -> {});
    private final ClientSession client = new ClientSession(1, 0, new UnconnectedSocket(), config, store, table, propagation, log, pubSub,
            stream, replicas, shutdown, statistics);

    CommandTableTest() throws IOException {}

    /// Which no client of these tests reads from or writes to.
    private static final class UnconnectedSocket extends Socket {

        @Override
        public InputStream getInputStream() {
            return InputStream.nullInputStream();
        }

        @Override
        public OutputStream getOutputStream() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public SocketAddress getRemoteSocketAddress() {
            return new InetSocketAddress("127.0.0.1", 1);
        }

        @Override
        public SocketAddress getLocalSocketAddress() {
            return new InetSocketAddress("127.0.0.1", 2);
        }
    }

    @BeforeEach
    void addCommands() {
        table.add("test",
                command("two key", 2),
                command("two-or-more key [key ...]", -2),
                Command.group("group", -2, EnumSet.noneOf(Flag.class), "Has subcommands.", null, command("group|sub argument", 3)));
    }

    private static Command command(String usage, int arity) {
        return Command.of(usage, arity, EnumSet.noneOf(Flag.class), Keys.NONE, "Is for this test.", (_, _) -> DONE);
    }

    @Test
    void findsACommandInAnyCase() {
        assertThat(Stream.of("two", "TWO", "Two", "tWO").map(name -> table.find(ByteString.of(name)).name())).containsOnly("two");
        assertThat(Stream.of("", "tw", "twoo", "two ", "sub", "group|sub", "tw\u00f6").map(name -> table.find(ByteString.of(name)))).containsOnlyNulls();
    }

    @Test
    void listsCommandsInTheOrderInWhichTheyWereAdded() {
        assertThat(table.all()).extracting(Command::name).containsExactly("two", "two-or-more", "group");
        assertThat(table.group(table.find(ByteString.of("two")))).isEqualTo("test");
    }

    @Test
    void countsTheNameAsAWord() {
        assertThat(execute("two", "a")).isEqualTo(DONE);
        assertThat(execute("two")).isEqualTo(wrongArity("two"));
        assertThat(execute("two", "a", "b")).isEqualTo(wrongArity("two"));
        assertThat(execute("two-or-more", "a")).isEqualTo(DONE);
        assertThat(execute("two-or-more", "a", "b", "c")).isEqualTo(DONE);
        assertThat(execute("TWO-OR-MORE")).isEqualTo(wrongArity("two-or-more"));
        assertThat(execute("group")).isEqualTo(wrongArity("group"));
        assertThat(execute("group", "sub", "a")).isEqualTo(DONE);
        assertThat(execute("GROUP", "SUB")).isEqualTo(wrongArity("group|sub"));
    }

    @Test
    void givesAGroupASubcommandThatListsTheOthers() {
        assertThat(execute("group", "help")).isEqualTo(Resp.array(
                new Resp.SimpleString("GROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"),
                new Resp.SimpleString("SUB argument"), new Resp.SimpleString("    Is for this test."),
                new Resp.SimpleString("HELP"), new Resp.SimpleString("    Print this help.")));
    }

    @Test
    void answersWithTheErrorOfAHandlerAndCountsWhatWasCarriedOut() {
        table.add("test", Command.of("refuse", 1, EnumSet.noneOf(Flag.class), Keys.NONE, "Refuses.", (_, _) -> {
            throw new CommandException("ERR no");
        }));
        assertThat(execute("refuse")).isEqualTo(Resp.error("ERR no"));
        assertThat(statistics.commands()).isEqualTo(1);
        assertThat(execute("unknown")).isInstanceOf(Resp.SimpleError.class);
        assertThat(execute("refuse", "a")).isEqualTo(wrongArity("refuse"));
        assertThat(statistics.commands()).isEqualTo(1);
    }

    /// What CLIENT LIST shows as `cmd`.
    @Test
    void tellsTheClientsSessionWhatItHasAskedFor() {
        assertThat(client.info().get("cmd")).isEqualTo("NULL");
        execute("TWO", "a");
        assertThat(client.info().get("cmd")).isEqualTo("two");
        execute("group", "sub", "a");
        assertThat(client.info().get("cmd")).isEqualTo("group|sub");
        execute("group", "sub");
        assertThat(client.info().get("cmd")).isEqualTo("group|sub");
        execute("two");
        assertThat(client.info().get("cmd")).isEqualTo("two");
        execute("unknown");
        assertThat(client.info().get("cmd")).isEqualTo("NULL");
        execute("group");
        assertThat(client.info().get("cmd")).isEqualTo("group");
        execute("group", "unknown");
        assertThat(client.info().get("cmd")).isEqualTo("NULL");
    }

    // ---- commands of the master ----

    private int applied;

    private void addAppliedCommand(String name, Flag flag) {
        table.add("test", Command.of(name + " argument", 2, EnumSet.of(flag), Keys.NONE, "Counts.", (client, request) -> {
            assertThat(client).isNull(); // nobody is there to get an answer
            applied++;
            return Resp.OK;
        }));
    }

    private void apply(String... words) {
        table.apply(Stream.of(words).map(ByteString::of).toList());
    }

    @Test
    void appliesWritesAndMessagesOfTheMaster() {
        addAppliedCommand("change", Flag.WRITE);
        addAppliedCommand("tell", Flag.PUBSUB);
        addAppliedCommand("look", Flag.READONLY);
        table.add((_, command) -> {
            throw new CommandException("READONLY " + command.name()); // which is for clients
        });
        apply("CHANGE", "a");
        apply("tell", "a");
        assertThat(applied).isEqualTo(2);
        assertThat(statistics.commands()).isEqualTo(2);
        apply("look", "a"); // as a ping: it has no effect
        assertThat(applied).isEqualTo(2);
        assertThat(statistics.commands()).isEqualTo(2);
    }

    @Test
    void cannotFollowAMasterWithUnknownCommands() {
        addAppliedCommand("change", Flag.WRITE);
        assertThatThrownBy(() -> apply("unknown", "a")).isInstanceOf(CommandException.class)
                .hasMessage("ERR unknown command 'unknown', with args beginning with: 'a' ");
        assertThatThrownBy(() -> apply("change")).isInstanceOf(CommandException.class)
                .hasMessage("ERR wrong number of arguments for 'change' command");
        assertThatThrownBy(() -> apply("group", "unknown")).isInstanceOf(CommandException.class)
                .hasMessage("ERR unknown subcommand 'unknown'. Try GROUP HELP.");
        assertThat(applied).isZero();
        assertThat(statistics.commands()).isZero();
    }

    @Test
    void cannotFollowAMasterWhoseCommandFailsHere() {
        table.add("test", Command.of("refuse", 1, EnumSet.of(Flag.WRITE), Keys.NONE, "Refuses.", (_, _) -> {
            throw new CommandException("ERR no");
        }));
        assertThatThrownBy(() -> apply("refuse")).isInstanceOf(CommandException.class).hasMessage("ERR no");
    }

    private Resp execute(String... words) {
        return table.execute(client, Stream.of(words).map(ByteString::of).toList());
    }

    private static Resp wrongArity(String command) {
        return Resp.error("ERR wrong number of arguments for '" + command + "' command");
    }
}
