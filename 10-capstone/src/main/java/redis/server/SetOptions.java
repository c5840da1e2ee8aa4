package redis.server;

import java.util.List;
import java.util.stream.Stream;
import redis.resp.ByteString;

/// What follows the value in a `SET key value [NX | XX] [GET] [EX n | PX n | EXAT n | PXAT n | KEEPTTL]`.
///
/// @param returnOld whether the old value is the reply
/// @param keepTtl whether the key keeps the deadline it has
/// @param unit of the deadline it gets; null if it gets none
/// @param amount of that unit
record SetOptions(Condition condition, boolean returnOld, boolean keepTtl, ExpireUnit unit, ByteString amount) {

    enum Condition { ALWAYS, IF_ABSENT, IF_PRESENT }

    /// @throws CommandException if an option is unknown, or excludes another
    static SetOptions parse(List<ByteString> request) {
        var condition = Condition.ALWAYS;
        boolean returnOld = false;
        boolean keepTtl = false;
        ExpireUnit unit = null;
        ByteString amount = null;
        var options = request.subList(3, request.size()).iterator();
        while (options.hasNext()) {
            var option = options.next();
            var named = ExpireUnit.named(option);
            if (option.equalsIgnoreCase("nx")) condition = only(Condition.IF_ABSENT, condition);
            else if (option.equalsIgnoreCase("xx")) condition = only(Condition.IF_PRESENT, condition);
            else if (option.equalsIgnoreCase("get")) returnOld = true;
            else if (option.equalsIgnoreCase("keepttl") && unit == null) keepTtl = true;
            else if (named != null && (unit == null || unit == named) && !keepTtl && options.hasNext()) {
                unit = named;
                amount = options.next();
            } else throw new CommandException(CommandException.SYNTAX);
        }
        return new SetOptions(condition, returnOld, keepTtl, unit, amount);
    }

    private static Condition only(Condition wanted, Condition current) {
        if (current != Condition.ALWAYS && current != wanted) throw new CommandException(CommandException.SYNTAX);
        return wanted;
    }

    /// The request for the log, which gets no reply.
    static List<ByteString> withoutGet(List<ByteString> request) {
        var options = request.subList(3, request.size()).stream().filter(option -> !option.equalsIgnoreCase("get"));
        return Stream.concat(request.subList(0, 3).stream(), options).toList();
    }

    /// @return in milliseconds since 1970, or [Store#NEVER]
    /// @throws CommandException if it is no valid time
    long deadline(long now) {
        return unit == null ? Store.NEVER : unit.deadlineOfValue(amount, now, "set");
    }
}
