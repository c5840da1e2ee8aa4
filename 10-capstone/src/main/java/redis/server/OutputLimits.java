package redis.server;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The parameter `client-output-buffer-limit`: an [OutputLimit] for each class of clients.
record OutputLimits(Map<ClientType, OutputLimit> limits) {

    private static final int WORDS = 4; // class, hard, soft, seconds

    static final String DEFAULT = "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60";

    OutputLimit of(ClientType type) {
        return limits.getOrDefault(type, OutputLimit.NONE);
    }

    /// @param text `class hard soft seconds`, for one or more classes
    /// @param others where the limits of the other classes come from; null: they have none
    /// @throws IllegalArgumentException with the reason in Redis's words
    static OutputLimits parse(String text, OutputLimits others) {
        var limits = new EnumMap<ClientType, OutputLimit>(ClientType.class);
        if (others != null) limits.putAll(others.limits);
        var words = text.isEmpty() ? new String[0] : text.split(" ", -1);
        if (words.length % WORDS != 0) throw new IllegalArgumentException("Wrong number of arguments in buffer limit configuration.");
        for (int i = 0; i < words.length; i += WORDS) {
            var type = ClientType.named(words[i]);
            if (type == null || type == ClientType.MASTER) {
                throw new IllegalArgumentException("Invalid client class specified in buffer limit configuration.");
            }
            try {
                limits.put(type, new OutputLimit(Parameter.parseMemory(words[i + 1]), Parameter.parseMemory(words[i + 2]),
                        Parameter.parseNumber(words[i + 3], 0, Integer.MAX_VALUE)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
            }
        }
        return new OutputLimits(limits);
    }

    String text() {
        return limits.entrySet().stream()
                .map(entry -> "%s %d %d %d".formatted(entry.getKey(), entry.getValue().hard(), entry.getValue().soft(), entry.getValue().softSeconds()))
                .collect(Collectors.joining(" "));
    }

    /// As a configuration file has it: a line for each class, with the names of today.
    List<String> lines() {
        return limits.entrySet().stream().map(entry -> "%s %s %s %d".formatted(
                entry.getKey() == ClientType.SLAVE ? "replica" : entry.getKey(), Parameter.memoryText(entry.getValue().hard()),
                Parameter.memoryText(entry.getValue().soft()), entry.getValue().softSeconds())).toList();
    }
}
