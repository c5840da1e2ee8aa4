package redis.benchmark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ReplyCounterTest {

    private static final String REPLIES = """
            +OK
            :-12
            $5
            $-1

            $-1
            $0

            *-1
            *0
            *3
            $7
            message
            *2
            :1
            *1
            $2
            hi
            +x
            %1
            +key
            ,1.5
            _
            #t
            >2
            +a
            =5
            txt:b
            ~1
            (123
            """.replace("\n", "\r\n");

    private static final int COUNT = 13;

    @Test
    void countsRepliesThatComeInOnePiece() throws Exception {
        assertThat(new ReplyCounter().count(bytes(REPLIES))).isEqualTo(COUNT);
    }

    @Test
    void countsThemWhereverTheyAreCutInTwo() throws Exception {
        for (int cut = 0; cut <= REPLIES.length(); cut++) {
            var counter = new ReplyCounter();
            int count = counter.count(bytes(REPLIES.substring(0, cut))) + counter.count(bytes(REPLIES.substring(cut)));
            assertThat(count).as("cut at %d", cut).isEqualTo(COUNT);
            assertThat(counter.error()).as("cut at %d", cut).isNull();
            assertThat(counter.nulls()).as("cut at %d", cut).isEqualTo(2);
        }
    }

    @Test
    void countsAReplyWithItsLastByteAndNotBefore() throws Exception {
        for (var reply : new String[] {"+OK\r\n", "$3\r\nabc\r\n", "*2\r\n:1\r\n$1\r\nx\r\n", "$-1\r\n", "*0\r\n"}) {
            var counter = new ReplyCounter();
            for (int i = 0; i < reply.length() - 1; i++) assertThat(counter.count(bytes(reply.substring(i, i + 1)))).as("%s, byte %d", reply, i).isZero();
            assertThat(counter.count(bytes("\n"))).as(reply).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-ERR no such thing\r\n", "+OK\r\n-ERR no such thing\r\n-ERR another\r\n", "*2\r\n:1\r\n-ERR no such thing\r\n"})
    void keepsTheFirstErrorWhereverItIsCut(String replies) throws Exception {
        for (int cut = 0; cut <= replies.length(); cut++) {
            var counter = new ReplyCounter();
            counter.count(bytes(replies.substring(0, cut)));
            counter.count(bytes(replies.substring(cut)));
            assertThat(counter.error()).isEqualTo("ERR no such thing");
        }
    }

    @Test
    void whatIsNoReplyIsRefused() {
        assertThatThrownBy(() -> new ReplyCounter().count(bytes("+OK\r\nHTTP/1.1 400 Bad Request\r\n")))
                .isInstanceOf(LoadException.class).hasMessage("the server sent byte 0x48 where a reply should begin");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
