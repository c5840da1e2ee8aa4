package redis.server;

import java.util.List;
import redis.resp.ByteString;

/// What follows the key in a `GETEX key [EX n | PX n | EXAT n | PXAT n | PERSIST]`.
///
/// @param persist whether the key loses its deadline
/// @param unit of the deadline it gets; null if it gets none
/// @param amount of that unit
record GetExOptions(boolean persist, ExpireUnit unit, ByteString amount) {

    /// @throws CommandException if an option is unknown, or excludes another
    static GetExOptions parse(List<ByteString> request) {
        boolean persist = false;
        ExpireUnit unit = null;
        ByteString amount = null;
        var options = request.subList(2, request.size()).iterator();
        while (options.hasNext()) {
            var option = options.next();
            var named = ExpireUnit.named(option);
            if (option.equalsIgnoreCase("persist") && unit == null) persist = true;
            else if (named != null && (unit == null || unit == named) && !persist && options.hasNext()) {
                unit = named;
                amount = options.next();
            } else throw new CommandException(CommandException.SYNTAX);
        }
        return new GetExOptions(persist, unit, amount);
    }

    /// @return in milliseconds since 1970
    /// @throws CommandException if it is no valid time
    long deadline(long now) {
        return unit.deadlineOfValue(amount, now, "getex");
    }
}
