package redis.server;

import redis.resp.ByteString;

/// A pattern as in a shell: `*` any bytes, `?` one byte, `[abc]` `[a-c]` `[^a]` one of a set, `\` takes the next byte literally.
///
/// The rules are those of Redis's `stringmatchlen`: bytes, not characters; a set that is not closed reaches to the end; a `\` at
/// the end stands for itself.
final class GlobPattern {

    private final ByteString pattern;

    GlobPattern(ByteString pattern) {
        this.pattern = pattern;
    }

    /// Goes back to the latest `*` on a mismatch, never further: the time is at most the product of both lengths.
    boolean matches(ByteString text) {
        int p = 0;
        int t = 0;
        int star = -1;      // where the latest * is
        int starText = 0;   // where the text that it has not swallowed begins
        while (t < text.length()) {
            int next = p < pattern.length() && pattern.at(p) != '*' ? matchOne(p, text.at(t)) : -1;
            if (next >= 0) {
                p = next;
                t++;
            } else if (p < pattern.length() && pattern.at(p) == '*') {
                star = p++;
                starText = t;
            } else if (star >= 0) {
                p = star + 1;
                t = ++starText;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.at(p) == '*') p++;
        return p == pattern.length();
    }

    /// @return the index behind the element at `p` if it matches this byte, or -1
    private int matchOne(int p, byte b) {
        return switch (pattern.at(p)) {
            case '?' -> p + 1;
            case '[' -> matchSet(p + 1, b);
            case '\\' -> {
                int literal = p + 1 < pattern.length() ? p + 1 : p;
                yield pattern.at(literal) == b ? literal + 1 : -1;
            }
            default -> pattern.at(p) == b ? p + 1 : -1;
        };
    }

    private int matchSet(int p, byte b) {
        boolean negated = p < pattern.length() && pattern.at(p) == '^';
        if (negated) p++;
        boolean found = false;
        while (p < pattern.length() && pattern.at(p) != ']') {
            int from = p;
            if (pattern.at(p) == '\\' && p + 1 < pattern.length()) from = ++p;
            else if (p + 2 < pattern.length() && pattern.at(p + 1) == '-') p += 2;
            found |= inRange(b, pattern.at(from), pattern.at(p));
            p++;
        }
        return found != negated ? Math.min(p + 1, pattern.length()) : -1;
    }

    private static boolean inRange(byte b, byte one, byte other) {
        int value = b & 0xff;
        return Math.min(one & 0xff, other & 0xff) <= value && value <= Math.max(one & 0xff, other & 0xff);
    }
}
