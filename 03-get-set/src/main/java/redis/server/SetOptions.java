package redis.server;

import java.util.List;
import redis.resp.ByteString;

/// What follows the value in a `SET key value [NX | XX] [GET]`.
///
/// @param returnOld whether the old value is the reply
record SetOptions(Condition condition, boolean returnOld) {

    enum Condition { ALWAYS, IF_ABSENT, IF_PRESENT }

    /// @throws CommandException if an option is unknown, or excludes another
    static SetOptions parse(List<ByteString> request) {
        var condition = Condition.ALWAYS;
        boolean returnOld = false;
        for (var option : request.subList(3, request.size())) {
            if (option.equalsIgnoreCase("nx")) condition = only(Condition.IF_ABSENT, condition);
            else if (option.equalsIgnoreCase("xx")) condition = only(Condition.IF_PRESENT, condition);
            else if (option.equalsIgnoreCase("get")) returnOld = true;
            else throw new CommandException(CommandException.SYNTAX);
        }
        return new SetOptions(condition, returnOld);
    }

    private static Condition only(Condition wanted, Condition current) {
        if (current != Condition.ALWAYS && current != wanted) throw new CommandException(CommandException.SYNTAX);
        return wanted;
    }
}
