package redis.server;

import java.util.List;
import redis.resp.ByteString;

/// On what EXPIRE may depend: `NX` only if the key has no deadline, `XX` only if it has one, `GT` only if the new one is later, `LT` only
/// if it is earlier.
record ExpireCondition(boolean nx, boolean xx, boolean gt, boolean lt) {

    /// @param request of which the words from the fourth on are conditions
    /// @throws CommandException if one is unknown, or they exclude one another
    static ExpireCondition parse(List<ByteString> request) {
        boolean nx = false;
        boolean xx = false;
        boolean gt = false;
        boolean lt = false;
        for (var option : request.subList(3, request.size())) {
            if (option.equalsIgnoreCase("nx")) nx = true;
            else if (option.equalsIgnoreCase("xx")) xx = true;
            else if (option.equalsIgnoreCase("gt")) gt = true;
            else if (option.equalsIgnoreCase("lt")) lt = true;
            else throw new CommandException("ERR Unsupported option " + option.toLatin1());
        }
        if (nx && (xx || gt || lt)) {
            throw new CommandException("ERR NX and XX, GT or LT options at the same time are not compatible");
        }
        if (gt && lt) {
            throw new CommandException("ERR GT and LT options at the same time are not compatible");
        }
        return new ExpireCondition(nx, xx, gt, lt);
    }

    /// A key that lives forever counts as one with a deadline after all others.
    ///
    /// @param current the deadline it has, in milliseconds since 1970, or [Store#NEVER]
    /// @param wanted the deadline it would get
    boolean allows(long current, long wanted) {
        boolean persistent = current == Store.NEVER;
        return !(nx && !persistent
                || xx && persistent
                || gt && (persistent || wanted <= current)
                || lt && !persistent && wanted >= current);
    }
}
