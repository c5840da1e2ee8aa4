package redis.server;

import java.security.MessageDigest;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.server.Command.Flag;

/// The password, if the server has one: who has not given it can do nothing but give it, or leave. There is one user, `default`.
final class Authentication {

    private static final ByteString DEFAULT_USER = ByteString.of("default");

    private final ServerConfig config;

    Authentication(ServerConfig config) {
        this.config = config;
    }

    /// @throws CommandException if the client has to give the password first
    void admit(ClientSession client, Command command) {
        if (client.isAuthenticated() || command.flags().contains(Flag.NO_AUTH)) return;
        throw new CommandException("NOAUTH Authentication required.");
    }

    /// AUTH [username] password
    Resp auth(ClientSession client, List<ByteString> request) {
        switch (request.size()) {
            case 2 -> {
                if (config.requirePass.get().isEmpty()) {
                    throw new CommandException("ERR AUTH <password> called without any password configured for the default user. "
                            + "Are you sure your configuration is correct?");
                }
                authenticate(client, DEFAULT_USER, request.get(1));
            }
            case 3 -> authenticate(client, request.get(1), request.get(2));
            default -> throw new CommandException(CommandException.SYNTAX);
        }
        return Resp.OK;
    }

    /// @throws CommandException if it is not the user's password. Where the server has none, any is
    void authenticate(ClientSession client, ByteString user, ByteString password) {
        var expected = config.requirePass.get();
        if (!user.equals(DEFAULT_USER) || !expected.isEmpty() && !isSame(password, ByteString.of(expected))) {
            throw new CommandException("WRONGPASS invalid username-password pair or user is disabled.");
        }
        client.becomesAuthenticated();
    }

    /// Takes equally long wherever the first difference is: otherwise one could find out a password byte by byte.
    private static boolean isSame(ByteString given, ByteString expected) {
        return MessageDigest.isEqual(given.array(), expected.array());
    }
}
