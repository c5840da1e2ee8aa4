package redis.server;

/// The bytes of an RDB file that [RdbWriter] and [RdbReader] have to agree on. Redis calls them so in its `rdb.h`.
///
/// A file is the text `REDIS` and four digits for the version, then opcodes and keys, then [#EOF] and eight bytes of
/// [Crc64], least significant first. A byte that is not an opcode is the type of a value; its key and the value follow.
final class RdbFormat {

    static final String MAGIC = "REDIS";

    /// The version that Redis 7.0 writes. It reads none that is newer.
    static final int VERSION = 10;

    /// The first version that ends with a checksum.
    static final int FIRST_VERSION_WITH_CHECKSUM = 5;

    // Opcodes.
    static final int SLOT_INFO = 0xf4;      // three lengths, from a cluster of Redis 8
    static final int FUNCTION = 0xf5;       // a function library: its source, a string
    static final int FUNCTION_PRE_GA = 0xf6; // the same, as release candidates of Redis 7.0 wrote it
    static final int MODULE_AUX = 0xf7;     // what a module keeps beside the keys
    static final int IDLE = 0xf8;           // for the next key: seconds since it was used, a length
    static final int FREQ = 0xf9;           // for the next key: how often it is used, one byte
    static final int AUX = 0xfa;            // a name and a value about the file itself, two strings
    static final int RESIZEDB = 0xfb;       // two lengths: how many keys will come, how many of them with a deadline
    static final int EXPIRETIME_MS = 0xfc;  // for the next key: Unix time in ms, 8 bytes
    static final int EXPIRETIME = 0xfd;     // for the next key: Unix time in s, 4 bytes
    static final int SELECTDB = 0xfe;       // a length: the database of the keys that follow
    static final int EOF = 0xff;

    /// The type of a value that is a string.
    static final int TYPE_STRING = 0;

    // A length says in its first byte, or in the upper two bits of it, how many bytes it takes; all are big endian.
    static final int LENGTH_14_BITS = 0x40;
    static final int LENGTH_32_BITS = 0x80;
    static final int LENGTH_64_BITS = 0x81;

    // In place of the length of a string: it is encoded. Numbers are little endian.
    static final int INT8 = 0xc0;
    static final int INT16 = 0xc1;
    static final int INT32 = 0xc2;
    static final int LZF = 0xc3;            // the compressed length, the length, and the compressed bytes: see the class Lzf

    /// In place of a deadline: the key has none.
    static final long NO_DEADLINE = -1;

    private RdbFormat() {}
}
