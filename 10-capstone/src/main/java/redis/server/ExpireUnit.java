package redis.server;

import redis.resp.ByteString;

/// How a command names the moment at which a key ends. The constants are the options of SET.
enum ExpireUnit {
    /// seconds from now
    EX(1000, false),
    /// milliseconds from now
    PX(1, false),
    /// seconds since 1970
    EXAT(1000, true),
    /// milliseconds since 1970
    PXAT(1, true);

    private final int millis;
    private final boolean absolute;

    ExpireUnit(int millis, boolean absolute) {
        this.millis = millis;
        this.absolute = absolute;
    }

    /// @param option in any case
    /// @return the unit of this name, or null if there is none
    static ExpireUnit named(ByteString option) {
        for (var unit : values()) {
            if (option.equalsIgnoreCase(unit.name())) return unit;
        }
        return null;
    }

    /// @param amount of this unit, as the client gave it
    /// @param now in milliseconds since 1970
    /// @param command whose name an error tells
    /// @return the moment, in milliseconds since 1970; it may be over
    /// @throws CommandException if the amount is no integer, or the moment is outside the range of one
    long deadline(ByteString amount, long now, String command) {
        long number = Arguments.integer(amount);
        try {
            long span = Math.multiplyExact(number, millis);
            return absolute ? span : Math.addExact(span, now);
        } catch (ArithmeticException e) {
            throw invalid(command);
        }
    }

    /// As [#deadline], for the commands that set a value: they also refuse an amount that is not positive.
    long deadlineOfValue(ByteString amount, long now, String command) {
        if (Arguments.integer(amount) <= 0) throw invalid(command);
        return deadline(amount, now, command);
    }

    private static CommandException invalid(String command) {
        return new CommandException("ERR invalid expire time in '" + command + "' command");
    }
}
