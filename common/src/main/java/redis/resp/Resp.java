package redis.resp;

import java.util.List;
import java.util.SequencedMap;

/// A value of the Redis serialization protocol: what a server replies.
///
/// The records are the types of RESP2 and RESP3, named as the
/// [protocol specification](https://redis.io/docs/latest/develop/reference/protocol-spec/) names them. Refer to them with the
/// interface's name, `Resp.Integer`: some share theirs with a class of `java.lang`.
public sealed interface Resp {

    /// `+OK\r\n`: a short text of one line. One char is one byte (Latin-1); a line break is sent as a space, and
    /// a char that is not Latin-1 as a question mark.
    record SimpleString(String text) implements Resp {}

    /// `-ERR syntax error\r\n`: as a simple string. The first word is the error's code.
    record SimpleError(String message) implements Resp {}

    /// `:42\r\n`
    record Integer(long value) implements Resp {}

    /// `$5\r\nhello\r\n`: any bytes.
    record BulkString(ByteString value) implements Resp {}

    /// `*2\r\n:1\r\n:2\r\n`
    record Array(List<Resp> elements) implements Resp {}

    /// "There is nothing", which RESP2 says in two ways and RESP3 in one.
    enum Null implements Resp {
        /// `$-1\r\n` in RESP2
        BULK_STRING,
        /// `*-1\r\n` in RESP2
        ARRAY,
        /// `_\r\n` in RESP3
        RESP3
    }

    /// `#t\r\n` or `#f\r\n` (RESP3)
    record Boolean(boolean value) implements Resp {}

    /// `,1.5\r\n` (RESP3)
    record Double(double value) implements Resp {}

    /// `(3492890328409238509324850943850943825024385\r\n` (RESP3)
    record BigNumber(java.math.BigInteger value) implements Resp {}

    /// `!21\r\nSYNTAX invalid syntax\r\n` (RESP3): an error with any bytes.
    record BulkError(ByteString message) implements Resp {}

    /// `=8\r\ntxt:text\r\n` (RESP3): a text and its format.
    ///
    /// @param format three chars, `txt` or `mkd`
    record VerbatimString(String format, ByteString text) implements Resp {}

    /// `%1\r\n+key\r\n:1\r\n` (RESP3)
    record Map(SequencedMap<Resp, Resp> entries) implements Resp {}

    /// `~2\r\n:1\r\n:2\r\n` (RESP3). A list, because the order on the wire is kept and the sender vouches for the rest.
    record Set(List<Resp> elements) implements Resp {}

    /// `>2\r\n+message\r\n+text\r\n` (RESP3): sent without having been asked for.
    record Push(List<Resp> elements) implements Resp {}

    /// `|1\r\n+ttl\r\n:10\r\n` and then a reply (RESP3): notes about that reply.
    record Attribute(SequencedMap<Resp, Resp> notes, Resp reply) implements Resp {}

    Resp OK = new SimpleString("OK");

    static Resp bulk(ByteString value) {
        return new BulkString(value);
    }

    /// The UTF-8 bytes of a text.
    static Resp bulk(String text) {
        return new BulkString(ByteString.of(text));
    }

    static Resp integer(long value) {
        return new Integer(value);
    }

    /// 1 for true and 0 for false, as commands that may or may not have done something reply.
    static Resp integer(boolean value) {
        return new Integer(value ? 1 : 0);
    }

    /// @param message the error's code and its text, `ERR syntax error`
    static Resp error(String message) {
        return new SimpleError(message);
    }

    static Resp array(Resp... elements) {
        return new Array(List.of(elements));
    }
}
