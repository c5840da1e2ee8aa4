package redis.server;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import redis.resp.ByteString;
import redis.resp.Resp;

/// What a server knows about a command.
///
/// @param name in lower case; a subcommand's holds its parent's: `config|get`
/// @param arguments what follows the name, for people: `key value [NX | XX] [GET]`
/// @param arity how many words a request has, the name included; -n: n or more
/// @param keys which of the words are keys
/// @param summary one sentence for people
/// @param handler carries it out
/// @param subcommands the commands named by the second word; none for most
record Command(String name, String arguments, int arity, EnumSet<Flag> flags, Keys keys, String summary, Handler handler,
               List<Command> subcommands) {

    /// What kind of command it is: for clients, and for the server where it matters. Names and order are Redis's.
    enum Flag {
        /// may change the data
        WRITE,
        /// reads data and never changes it
        READONLY,
        /// may need more memory, so it is refused when there is none
        DENYOOM,
        /// for operators
        ADMIN,
        /// about messages to other clients
        PUBSUB,
        /// not for scripts
        NOSCRIPT,
        /// allowed while the data is being loaded
        LOADING,
        /// allowed on a replica that has lost its master
        STALE,
        /// not worth a line in the log of slow commands, as those that it carries out have their own
        SKIP_SLOWLOG,
        /// takes constant or logarithmic time
        FAST,
        /// allowed before the client has given a password
        NO_AUTH,
        /// refused while a replica loads the data of its master beside its own
        NO_ASYNC_LOADING,
        /// not within a transaction
        NO_MULTI,
        /// allowed while a script runs
        ALLOW_BUSY;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The words that are keys: every `step`th from `first` to `last`. A negative `last` counts from the end; all zero: none.
    record Keys(int first, int last, int step) {
        static final Keys NONE = new Keys(0, 0, 0);
        static final Keys FIRST = new Keys(1, 1, 1);
        static final Keys SECOND = new Keys(2, 2, 1);
        static final Keys FIRST_TWO = new Keys(1, 2, 1);
        static final Keys ALL = new Keys(1, -1, 1);
        static final Keys EVERY_OTHER = new Keys(1, -1, 2);
    }

    /// Carries out a request that has the right number of words. Runs under the store's lock.
    @FunctionalInterface
    interface Handler {

        /// @param client who asks
        /// @param request the command's name and its arguments
        /// @throws CommandException if it cannot be done; nothing has been changed then
        Resp handle(ClientSession client, List<ByteString> request);
    }

    /// @param usage the name and the arguments: `get key`
    static Command of(String usage, int arity, EnumSet<Flag> flags, Keys keys, String summary, Handler handler) {
        return of(usage, arity, flags, keys, summary, handler, List.of());
    }

    private static Command of(String usage, int arity, EnumSet<Flag> flags, Keys keys, String summary, Handler handler,
                              List<Command> subcommands) {
        var words = usage.split(" ", 2);
        return new Command(words[0], words.length == 1 ? "" : words[1], arity, flags, keys, summary, handler, subcommands);
    }

    /// A command with subcommands. It gets one more, HELP, which lists them.
    ///
    /// @param handler carries out the command without a subcommand; null where the arity demands one
    static Command group(String name, int arity, EnumSet<Flag> flags, String summary, Handler handler, Command... subcommands) {
        var all = new ArrayList<>(List.of(subcommands));
        all.add(of(name + "|help", 2, EnumSet.of(Flag.LOADING, Flag.STALE), Keys.NONE,
                "Print this help.", (_, _) -> help(name, all)));
        return of(name + " subcommand", arity, flags, Keys.NONE, summary, handler, List.copyOf(all));
    }

    private static Resp help(String name, List<Command> subcommands) {
        var lines = new ArrayList<Resp>();
        lines.add(new Resp.SimpleString(
                name.toUpperCase(Locale.ROOT) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        for (var command : subcommands) {
            var usage = command.name.substring(name.length() + 1).toUpperCase(Locale.ROOT) + " " + command.arguments;
            lines.add(new Resp.SimpleString(usage.strip()));
            lines.add(new Resp.SimpleString("    " + command.summary));
        }
        return new Resp.Array(lines);
    }

    /// The same command with other flags.
    Command with(EnumSet<Flag> flags) {
        return new Command(name, arguments, arity, flags, keys, summary, handler, subcommands);
    }

    boolean accepts(int words) {
        return arity < 0 ? words >= -arity : words == arity;
    }
}
