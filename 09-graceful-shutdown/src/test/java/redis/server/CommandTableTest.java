package redis.server;

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

/// How a request finds its command. What a client gets to see of that is tested over TCP.
class CommandTableTest {

    private static final Resp DONE = new Resp.SimpleString("DONE");

    private final CommandTable table = new CommandTable(new Propagation(new Store(InstantSource.system()),
            new AppendOnlyFile(ServerConfig.parse(), () -> {}), new ReplicationStream()));

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
    void answersWithTheErrorOfAHandlerAndCountsEveryRequest() {
        table.add("test", Command.of("refuse", 1, EnumSet.noneOf(Flag.class), Keys.NONE, "Refuses.", (_, _) -> {
            throw new CommandException("ERR no");
        }));
        assertThat(execute("refuse")).isEqualTo(Resp.error("ERR no"));
        assertThat(table.executed()).isEqualTo(1);
        assertThat(execute("unknown")).isInstanceOf(Resp.SimpleError.class);
        assertThat(table.executed()).isEqualTo(2);
    }

    private Resp execute(String... words) {
        return table.execute(null, Stream.of(words).map(ByteString::of).toList());
    }

    private static Resp wrongArity(String command) {
        return Resp.error("ERR wrong number of arguments for '" + command + "' command");
    }
}
