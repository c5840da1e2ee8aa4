package redis.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/// Executes requests: looks at the name, checks the number of arguments, writes the reply.
final class Commands {

    /// How much of an unknown command is quoted back, in bytes: once for its name, once for its arguments.
    private static final int PREVIEW = 128;

    private final ReplyWriter reply;

    Commands(ReplyWriter reply) {
        this.reply = reply;
    }

    /// Writes exactly one reply, unless it says otherwise.
    ///
    /// @param request the command's name, in any case, and its arguments
    /// @return whether the connection goes on
    boolean execute(List<byte[]> request) throws IOException {
        var name = text(request.getFirst());
        switch (name.toUpperCase(Locale.ROOT)) { // ROOT: in Turkish, the capital of "i" is not "I"
            case "PING" -> ping(request);
            case "ECHO" -> echo(request);
            case "COMMAND" -> reply.arrayHeader(0); // redis-cli asks for every command's documentation when it starts: we have none
            case "QUIT" -> {
                reply.simpleString("OK");
                return false;
            }
            // The first words of an HTTP request. No client of ours sends them, but a web page can make a browser do so, with Redis
            // commands in the body. Redis hangs up without a word, and so do we.
            case "POST", "HOST:" -> {
                return false;
            }
            default -> reply.error("ERR unknown command '%s', with args beginning with: %s"
                    .formatted(cut(name, PREVIEW), preview(request)));
        }
        return true;
    }

    private void ping(List<byte[]> request) throws IOException {
        switch (request.size()) {
            case 1 -> reply.simpleString("PONG");
            case 2 -> reply.bulkString(request.get(1));
            default -> wrongNumberOfArguments("ping");
        }
    }

    private void echo(List<byte[]> request) throws IOException {
        if (request.size() == 2) reply.bulkString(request.get(1));
        else wrongNumberOfArguments("echo");
    }

    private void wrongNumberOfArguments(String command) throws IOException {
        reply.error("ERR wrong number of arguments for '%s' command".formatted(command));
    }

    /// The arguments in quotes, each followed by a space, until there are enough of them to recognise the request.
    private static String preview(List<byte[]> request) {
        var preview = new StringBuilder();
        for (int i = 1; i < request.size() && preview.length() < PREVIEW; i++) {
            var argument = cut(text(request.get(i)), PREVIEW - preview.length());
            preview.append('\'').append(argument).append("' ");
        }
        return preview.toString();
    }

    /// At most so many chars, and none from a zero byte on: Redis formats this text as a C string.
    private static String cut(String text, int max) {
        int zero = text.indexOf('\0');
        return text.substring(0, Math.min(zero < 0 ? text.length() : zero, max));
    }

    /// One char for each byte, whatever the client's encoding: every text comes back as it was sent.
    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
