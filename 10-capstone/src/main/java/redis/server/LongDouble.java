package redis.server;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import redis.resp.ByteString;

/// A number as INCRBYFLOAT reckons it: C's `long double`, which on x86 has a significand of 64 bits, where a Java `double` has 53.
///
/// You need not read this class to understand the server. It is here because the digits are visible to every client:
/// 3200 + 0.1 is 3200.10000000000000009 in Redis, and it has to be the same here.
final class LongDouble {

    static final LongDouble ZERO = new LongDouble(BigDecimal.ZERO);

    private static final int SIGNIFICAND_BITS = 64;

    /// Redis prints with `%.17Lf` and trims the zeros.
    private static final int FRACTION_DIGITS = 17;

    /// The range of a `long double` is about 3.6e-4951 to 1.2e4932.
    private static final int MAX_EXPONENT = 4951;

    /// Half the smallest number: what is not larger would be read as zero, which Redis refuses.
    private static final BigDecimal MIN = new BigDecimal("1.8225997659412373e-4951");

    /// Redis reads a text as a number if it is shorter than this (`MAX_LONG_DOUBLE_CHARS`).
    private static final int MAX_LENGTH = 5 * 1024;

    private static final BigDecimal MAX = new BigDecimal(
            BigInteger.ONE.shiftLeft(SIGNIFICAND_BITS).subtract(BigInteger.ONE).shiftLeft(16384 - SIGNIFICAND_BITS));

    /// Exactly the binary number, never more than 64 significant bits; null for infinity.
    private final BigDecimal value;

    private LongDouble(BigDecimal value) {
        this.value = value;
    }

    /// Redis also takes what nobody sends: hexadecimal digits, `0x1p4`, because C's `strtold` does.
    ///
    /// @throws CommandException if the text is not a decimal number of that range; `inf` is one, `nan` is not
    static LongDouble parse(ByteString text) {
        var digits = text.toLatin1();
        if (digits.matches("(?i)[+-]?inf(inity)?")) return new LongDouble(null);
        try {
            // BigDecimal takes more than strtold only in digits that are not ASCII, which Latin-1 does not have.
            var exact = digits.length() < MAX_LENGTH ? new BigDecimal(digits) : null;
            if (exact != null && inRange(exact)) return new LongDouble(round(exact));
        } catch (NumberFormatException e) {
            // the exception below serves both
        }
        throw new CommandException("ERR value is not a valid float");
    }

    private static boolean inRange(BigDecimal number) {
        if (number.signum() == 0) return true;
        long exponent = (long) number.precision() - number.scale(); // before any arithmetic: 1e999999999 would take all memory
        if (Math.abs(exponent) > MAX_EXPONENT) return false;
        return number.abs().compareTo(MIN) > 0 && number.abs().compareTo(MAX) <= 0;
    }

    /// @throws CommandException if the sum is too large to be a number
    LongDouble add(LongDouble other) {
        var sum = value == null || other.value == null ? null : round(value.add(other.value));
        if (sum == null || sum.abs().compareTo(MAX) > 0) {
            throw new CommandException("ERR increment would produce NaN or Infinity");
        }
        return new LongDouble(sum);
    }

    /// To the nearest number of 64 significant bits, to the even one of two that are equally near.
    private static BigDecimal round(BigDecimal exact) {
        if (exact.signum() == 0) return BigDecimal.ZERO;
        // The number is numerator / denominator; scaled by 2^shift its integer part has 64 bits or one more.
        var unscaled = exact.unscaledValue().abs();
        var numerator = exact.scale() >= 0 ? unscaled : unscaled.multiply(BigInteger.TEN.pow(-exact.scale()));
        var denominator = exact.scale() > 0 ? BigInteger.TEN.pow(exact.scale()) : BigInteger.ONE;
        int shift = SIGNIFICAND_BITS + denominator.bitLength() - numerator.bitLength();
        var scaled = divide(numerator, denominator, shift);
        if (scaled.bitLength() > SIGNIFICAND_BITS) scaled = divide(numerator, denominator, --shift);
        var magnitude = shift >= 0
                ? new BigDecimal(scaled).divide(new BigDecimal(BigInteger.ONE.shiftLeft(shift)))
                : new BigDecimal(scaled.shiftLeft(-shift));
        return exact.signum() < 0 ? magnitude.negate() : magnitude;
    }

    private static BigInteger divide(BigInteger numerator, BigInteger denominator, int shift) {
        var dividend = shift > 0 ? numerator.shiftLeft(shift) : numerator;
        var divisor = shift < 0 ? denominator.shiftLeft(-shift) : denominator;
        return new BigDecimal(dividend).divide(new BigDecimal(divisor), 0, RoundingMode.HALF_EVEN).toBigInteger();
    }

    /// In plain digits, never with an exponent.
    @Override
    public String toString() {
        var rounded = value.setScale(FRACTION_DIGITS, RoundingMode.HALF_EVEN);
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }
}
