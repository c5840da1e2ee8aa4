package redis.server;

/// Which keys go when there is no room. Names and order are Redis's, whose two `lfu` policies are left out.
enum EvictionPolicy {
    /// of those that do not live forever, who has not been used for longest
    VOLATILE_LRU(true),
    /// any of those
    VOLATILE_RANDOM(true),
    /// of those, who ends first
    VOLATILE_TTL(true),
    /// of all keys, who has not been used for longest
    ALLKEYS_LRU(false),
    /// any key
    ALLKEYS_RANDOM(false),
    /// none: commands that need memory are refused
    NOEVICTION(false);

    private final boolean sparesOthers;

    /// @param sparesOthers whether keys that live forever stay
    EvictionPolicy(boolean sparesOthers) {
        this.sparesOthers = sparesOthers;
    }

    boolean sparesOthers() {
        return sparesOthers;
    }
}
