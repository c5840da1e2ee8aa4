package redis.server;

import java.math.BigInteger;
import redis.resp.ByteString;

/// Reads the arguments that are not just bytes.
final class Arguments {

    private Arguments() {}

    /// @throws CommandException if it is no canonical decimal of a signed 64-bit integer
    static long integer(ByteString argument) {
        return integer(argument, CommandException.NOT_AN_INTEGER);
    }

    /// @throws CommandException with the message `otherwise` if it is no integer
    static long integer(ByteString argument, String otherwise) {
        try {
            return argument.parseLong();
        } catch (NumberFormatException e) {
            throw new CommandException(otherwise);
        }
    }

    /// The cursor of a SCAN: 64 bits, written as a number without a sign. Redis's parser also takes a minus.
    ///
    /// @throws CommandException if it is anything else
    static long cursor(ByteString argument) {
        var text = argument.toLatin1();
        if (!text.matches("[+-]?[0-9]{1,20}")) throw new CommandException("ERR invalid cursor");
        var number = new BigInteger(text);
        if (number.abs().bitLength() > Long.SIZE) throw new CommandException("ERR invalid cursor");
        return number.longValue();
    }

    /// The number of a database, for Redis an `int`. There is one, number 0.
    ///
    /// @throws CommandException if it is another
    static void database(ByteString argument) {
        long number = integer(argument);
        if (number != (int) number) {
            throw new CommandException("ERR value is out of range, value must between %d and %d"
                    .formatted(Integer.MIN_VALUE, Integer.MAX_VALUE));
        }
        if (number != 0) throw new CommandException("ERR DB index is out of range");
    }
}
