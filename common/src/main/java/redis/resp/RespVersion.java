package redis.resp;

import java.util.ArrayList;
import java.util.List;

/// The versions of the protocol. A client speaks the second until it asks for the third with HELLO.
public enum RespVersion {

    RESP2 {
        /// Knows simple strings and errors, integers, bulk strings and arrays.
        @Override
        Resp form(Resp reply) {
            return switch (reply) {
                case Resp.Map(var entries) -> {
                    var elements = new ArrayList<Resp>(2 * entries.size());
                    entries.forEach((key, value) -> elements.addAll(List.of(key, value)));
                    yield new Resp.Array(elements);
                }
                case Resp.Set(var elements) -> new Resp.Array(elements);
                case Resp.Push(var elements) -> new Resp.Array(elements);
                case Resp.Null.RESP3 -> Resp.Null.BULK_STRING;
                case Resp.Boolean(boolean value) -> Resp.integer(value);
                case Resp.Double(double value) -> Resp.bulk(RespWriter.format(value));
                case Resp.BigNumber(var value) -> Resp.bulk(value.toString());
                case Resp.BulkError(var message) -> Resp.error(message.toLatin1());
                case Resp.VerbatimString(_, var text) -> Resp.bulk(text);
                case Resp.Attribute(_, var decorated) -> form(decorated);
                default -> reply;
            };
        }
    },

    RESP3 {
        /// Knows all types, and one null.
        @Override
        Resp form(Resp reply) {
            return reply instanceof Resp.Null ? Resp.Null.RESP3 : reply;
        }
    };

    /// A reply as this version can say it. The elements of an aggregate stay as they are.
    abstract Resp form(Resp reply);
}
