package redis.server;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import redis.server.Command.Flag;

/// What is to be said of a command and does not follow from what the server has to know of it: since when Redis has had it, what it costs, what it does with
/// its keys, and hints for those who send it to several servers at once.
///
/// @param since a version of Redis; empty if it is not known
/// @param complexity in the usual notation
/// @param access as [KeySpec#of] takes it
/// @param tips as [Redis lists them](https://redis.io/docs/latest/develop/reference/command-tips/)
/// @param categories those of access control that do not follow from its flags; none: that of its group
record CommandFacts(String since, String complexity, String access, List<String> tips, List<String> categories) {

    private static final CommandFacts UNKNOWN = new CommandFacts("", "", "", List.of(), List.of());

    /// Command, since; complexity; keys; tips and categories. What is missing at the end of a line is empty.
    private static final Map<String, CommandFacts> TABLE = parse("""
            append 2.0.0; O(N) with N bytes of the new value; RW insert
            auth 1.0.0; O(1)
            bgrewriteaof 1.0.0; O(1)
            bgsave 1.0.0; O(1)
            client 2.4.0; depends on the subcommand
            client|getname 2.6.9; O(1)
            client|help 5.0.0; O(1)
            client|id 5.0.0; O(1)
            client|info 6.2.0; O(1); ; nondeterministic_output
            client|kill 2.4.0; O(N) with N clients
            client|list 2.4.0; O(N) with N clients; ; nondeterministic_output
            client|no-evict 7.0.0; O(1)
            client|pause 2.9.50; O(1)
            client|reply 3.2.0; O(1)
            client|setinfo 7.2.0; O(1)
            client|setname 2.6.9; O(1)
            client|unblock 5.0.0; O(N) with N clients
            client|unpause 6.2.0; O(N) with N clients that wait
            command 2.8.13; O(N) with N commands; ; nondeterministic_output_order @connection
            command|count 2.8.13; O(1); ; @connection
            command|docs 7.0.0; O(N) with N commands; ; nondeterministic_output_order @connection
            command|getkeys 2.8.13; O(N) with N words; ; @connection
            command|getkeysandflags 7.0.0; O(N) with N words; ; @connection
            command|help 5.0.0; O(1); ; @connection
            command|info 2.8.13; O(N) with N commands; ; nondeterministic_output_order @connection
            command|list 7.0.0; O(N) with N commands; ; nondeterministic_output_order @connection
            config 2.0.0; depends on the subcommand
            config|get 2.0.0; O(N) with N parameters
            config|help 5.0.0; O(1)
            config|resetstat 2.0.0; O(1)
            config|rewrite 2.8.0; O(N) with N parameters
            config|set 2.0.0; O(N) with N parameters; ; request_policy:all_nodes response_policy:all_succeeded
            copy 6.2.0; O(1); RO access, OW update
            dbsize 1.0.0; O(1); ; request_policy:all_shards response_policy:agg_sum @keyspace
            debug 1.0.0; depends on the subcommand
            decr 1.0.0; O(1); RW access update
            decrby 1.0.0; O(1); RW access update
            del 1.0.0; O(N) with N keys; RM delete; request_policy:multi_shard response_policy:agg_sum
            discard 2.0.0; O(N) with N commands that wait
            echo 1.0.0; O(1)
            exec 1.2.0; depends on the commands that wait
            exists 1.0.0; O(N) with N keys; RO; request_policy:multi_shard response_policy:agg_sum
            expire 1.0.0; O(1); RW update
            expireat 1.2.0; O(1); RW update
            expiretime 7.0.0; O(1); RO access
            flushall 1.0.0; O(1), the memory is given back by and by; ; request_policy:all_shards response_policy:all_succeeded @keyspace @dangerous
            flushdb 1.0.0; O(1), the memory is given back by and by; ; request_policy:all_shards response_policy:all_succeeded @keyspace @dangerous
            get 1.0.0; O(1); RO access
            getdel 6.2.0; O(1); RW access delete
            getex 6.2.0; O(1); RW access update
            getrange 2.4.0; O(N) with N bytes that are returned; RO access
            getset 1.0.0; O(1); RW access update
            hello 6.0.0; O(1)
            incr 1.0.0; O(1); RW access update
            incrby 1.0.0; O(1); RW access update
            incrbyfloat 2.6.0; O(1); RW access update
            info 1.0.0; O(N) with N commands and clients; ; nondeterministic_output request_policy:all_shards response_policy:special @dangerous
            keys 1.0.0; O(N) with N keys of the database; ; request_policy:all_shards nondeterministic_output_order @keyspace @dangerous
            lastsave 1.0.0; O(1); ; nondeterministic_output @admin @dangerous
            memory 4.0.0; depends on the subcommand
            memory|doctor 4.0.0; O(1); ; nondeterministic_output request_policy:all_shards response_policy:special
            memory|help 4.0.0; O(1)
            memory|malloc-stats 4.0.0; O(1); ; nondeterministic_output request_policy:all_shards response_policy:special
            memory|purge 4.0.0; O(N) with N bytes of the heap; ; request_policy:all_shards response_policy:all_succeeded
            memory|stats 4.0.0; O(1); ; nondeterministic_output request_policy:all_shards response_policy:special
            memory|usage 4.0.0; O(1); RO
            mget 1.0.0; O(N) with N keys; RO access; request_policy:multi_shard
            mset 1.0.1; O(N) with N keys; OW update; request_policy:multi_shard response_policy:all_succeeded
            msetnx 1.0.1; O(N) with N keys; OW insert; request_policy:multi_shard response_policy:agg_min
            multi 1.2.0; O(1)
            object 2.2.3; depends on the subcommand
            object|encoding 2.2.3; O(1); RO; nondeterministic_output
            object|freq 4.0.0; O(1); RO; nondeterministic_output
            object|help 6.2.0; O(1)
            object|idletime 2.2.3; O(1); RO; nondeterministic_output
            object|refcount 2.2.3; O(1); RO; nondeterministic_output
            persist 2.2.0; O(1); RW update
            pexpire 2.6.0; O(1); RW update
            pexpireat 2.6.0; O(1); RW update
            pexpiretime 7.0.0; O(1); RO access
            ping 1.0.0; O(1); ; request_policy:all_shards response_policy:all_succeeded
            psetex 2.6.0; O(1); OW update
            psubscribe 2.0.0; O(N) with N patterns
            psync 2.8.0
            pttl 2.6.0; O(1); RO access; nondeterministic_output
            publish 2.0.0; O(N+M) with N subscribers of the channel and M patterns
            pubsub 2.8.0; depends on the subcommand
            pubsub|channels 2.8.0; O(N) with N channels
            pubsub|help 6.2.0; O(1)
            pubsub|numpat 2.8.0; O(1)
            pubsub|numsub 2.8.0; O(N) with N channels that are asked for
            pubsub|shardchannels 7.0.0; O(N) with N shard channels
            pubsub|shardnumsub 7.0.0; O(N) with N shard channels that are asked for
            punsubscribe 2.0.0; O(N) with N patterns
            quit 1.0.0; O(1)
            randomkey 1.0.0; O(1); ; request_policy:all_shards nondeterministic_output
            rename 1.0.0; O(1); RW access delete, OW update
            renamenx 1.0.0; O(1); RW access delete, OW insert
            replconf 3.0.0; O(1)
            replicaof 5.0.0; O(1)
            reset 6.2.0; O(1)
            role 2.8.12; O(1); ; @admin @dangerous
            save 1.0.0; O(N) with N keys
            scan 2.8.0; O(1), and O(N) for all calls that it takes to see all N keys; ; nondeterministic_output request_policy:special
            select 1.0.0; O(1)
            set 1.0.0; O(1); RW access update variable_flags
            setex 2.0.0; O(1); OW update
            setnx 1.0.0; O(1); OW insert
            setrange 2.2.0; O(N) with N bytes of the new value; RW update
            shutdown 1.0.0; O(N) with N keys if a snapshot is saved
            slaveof 1.0.0; O(1)
            slowlog 2.2.12; depends on the subcommand
            slowlog|get 2.2.12; O(N) with N entries that are returned; ; request_policy:all_nodes nondeterministic_output
            slowlog|help 6.2.0; O(1)
            slowlog|len 2.2.12; O(1); ; request_policy:all_nodes response_policy:agg_sum nondeterministic_output
            slowlog|reset 2.2.12; O(N) with N entries; ; request_policy:all_nodes response_policy:all_succeeded
            spublish 7.0.0; O(N) with N subscribers of the channel; not_key
            ssubscribe 7.0.0; O(N) with N channels; not_key
            strlen 2.2.0; O(1); RO
            subscribe 2.0.0; O(N) with N channels
            sunsubscribe 7.0.0; O(N) with N channels; not_key
            sync 1.0.0
            time 2.6.0; O(1); ; nondeterministic_output
            touch 3.2.1; O(N) with N keys; RO; request_policy:multi_shard response_policy:agg_sum
            ttl 1.0.0; O(1); RO access; nondeterministic_output
            type 1.0.0; O(1); RO
            unlink 4.0.0; O(N) with N keys; RM delete; request_policy:multi_shard response_policy:agg_sum
            unsubscribe 2.0.0; O(N) with N channels
            unwatch 2.2.0; O(N) with N keys that are watched
            wait 3.0.0; O(N) with N replicas; ; request_policy:all_shards response_policy:agg_min @connection
            watch 2.2.0; O(N) with N keys; RO
            """);

    /// All of them, in Redis's order.
    private static final List<String> CATEGORIES = List.of("@keyspace", "@read", "@write", "@string", "@pubsub", "@admin", "@fast", "@slow", "@dangerous",
            "@connection", "@transaction");

    private static Map<String, CommandFacts> parse(String table) {
        var facts = new HashMap<String, CommandFacts>();
        table.lines().forEach(line -> {
            var columns = Arrays.copyOf(line.split("; *"), 4);
            var name = columns[0].split(" ");
            var tips = new ArrayList<String>();
            var categories = new ArrayList<String>();
            for (var word : orEmpty(columns[3]).split(" ")) {
                if (word.startsWith("@")) categories.add(word);
                else if (!word.isEmpty()) tips.add(word);
            }
            facts.put(name[0], new CommandFacts(name[1], orEmpty(columns[1]), orEmpty(columns[2]), tips, categories));
        });
        return facts;
    }

    private static String orEmpty(String column) {
        return column == null ? "" : column;
    }

    static CommandFacts of(Command command) {
        return TABLE.getOrDefault(command.name(), UNKNOWN);
    }

    /// The categories by which access control knows the command.
    ///
    /// @param group of the command, or of the one that it is a subcommand of
    static List<String> categories(Command command, String group) {
        var flags = command.flags();
        Set<String> categories = new LinkedHashSet<>(of(command).categories);
        if (categories.isEmpty() && command.subcommands().isEmpty()) categories.addAll(ofGroup(group));
        if (flags.contains(Flag.WRITE)) categories.add("@write");
        if (flags.contains(Flag.READONLY)) categories.add("@read");
        if (flags.contains(Flag.ADMIN)) categories.addAll(List.of("@admin", "@dangerous"));
        if (flags.contains(Flag.PUBSUB)) categories.add("@pubsub");
        categories.add(flags.contains(Flag.FAST) ? "@fast" : "@slow");
        return CATEGORIES.stream().filter(categories::contains).toList();
    }

    private static Set<String> ofGroup(String group) {
        return switch (group) {
            case "generic" -> Set.of("@keyspace");
            case "transactions" -> Set.of("@transaction");
            case "string", "connection" -> Set.of("@" + group);
            default -> Set.of();
        };
    }
}
