package redis.resp;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/// All that a reader makes of a stream. It must not depend on the pieces in which the stream arrives.
///
/// @param messages the requests or replies
/// @param consumed [RespReader#bytesConsumed()] after each of them
/// @param end how it went on after the last: the stream's end, or the text of an error
record Outcome(List<Object> messages, List<Long> consumed, String end) {

    private interface Source {
        Object next() throws IOException;
    }

    /// Reads as a server does: waits for a request, then takes all that are there.
    static Outcome ofRequests(InputStream in) {
        var reader = new RespReader(in);
        return of(reader, () -> {
            var ready = reader.pollRequest();
            return ready != null ? ready : reader.readRequest();
        });
    }

    static Outcome ofReplies(InputStream in) {
        var reader = new RespReader(in);
        return of(reader, reader::readReply);
    }

    private static Outcome of(RespReader reader, Source source) {
        var messages = new ArrayList<Object>();
        var consumed = new ArrayList<Long>();
        try {
            Object message;
            while ((message = source.next()) != null) {
                messages.add(message);
                consumed.add(reader.bytesConsumed());
            }
            return new Outcome(messages, consumed, "end");
        } catch (ProtocolException e) {
            return new Outcome(messages, consumed, "protocol error: " + e.getMessage());
        } catch (EOFException e) {
            return new Outcome(messages, consumed, "end within a message");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
