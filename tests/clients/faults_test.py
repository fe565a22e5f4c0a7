"""Each fault of stream-echo, read byte by byte off a raw socket: it does on the wire what its word
says, when it says, and nothing else."""

import json
import select
import struct
import tempfile

import harness
from harness import BINARY, CLOSE, CONTINUATION, FIXED_KEY, PING, PONG, TEXT
from harness import close_frame, connect, fields_of, frame, main, open_websocket, status_of
from harness import resident_bytes, upgrade_request, xor

CLOSE_1000 = close_frame(1000)


def text(payload):
    return frame(TEXT, payload, key=FIXED_KEY)


def ping(payload):
    return frame(PING, payload, key=FIXED_KEY)


BYE = close_frame(1000, key=FIXED_KEY)


class FaultTest(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Echo()

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        if code:
            raise AssertionError(f"stream-echo ended with {code}")

    def exchange(self, query, *frames, server=None, offer=None):
        """What comes behind the 101 when `frames` are sent in one write; `offer`: an extension."""
        port = (server or self.server).port
        lines = (f"Sec-WebSocket-Extensions: {offer}",) if offer else ()
        with open_websocket(port, *lines, path=f"/ws?{query}") as peer:
            peer.send(b"".join(frames))
            return peer.receive_all()

    def assert_wire(self, query, sent, expected):
        """`sent` and a Close go out, `expected` and its echo come back."""
        got = self.exchange(query, *sent, BYE)
        self.assertEqual(got.hex(" "), (expected + CLOSE_1000).hex(" "), query)


class Frames(FaultTest):
    def test_no_fault_is_an_honest_echo(self):
        self.assert_wire("", [text(b"hello")], frame(TEXT, b"hello"))
        self.assert_wire("token=abc&clos=1011&%zz", [text(b"hello")], frame(TEXT, b"hello"))

    def test_fragment(self):
        he, ll, o = frame(TEXT, b"he", fin=False), frame(CONTINUATION, b"ll", fin=False), b"\x80\x01o"
        self.assert_wire("fragment=2", [text(b"hello")], he + ll + o)
        self.assert_wire("fragment=5", [text(b"hello")], frame(TEXT, b"hello"))
        self.assert_wire("fragment=2", [text(b"")], frame(TEXT, b""))

    def test_interleave(self):
        between = frame(PING, b"between")
        self.assert_wire("interleave", [text(b"hello")],
                         frame(TEXT, b"hel", fin=False) + between + frame(CONTINUATION, b"lo"))
        self.assert_wire("interleave&fragment=2", [text(b"hello")],
                         frame(TEXT, b"he", fin=False) + between
                         + frame(CONTINUATION, b"ll", fin=False) + between
                         + frame(CONTINUATION, b"o"))

    def test_dup(self):
        self.assert_wire("dup", [text(b"a"), text(b"b")],
                         frame(TEXT, b"a") * 2 + frame(TEXT, b"b") * 2)
        fragments = [frame(TEXT, b"a", fin=False, key=FIXED_KEY), ping(b"p"),
                     frame(CONTINUATION, b"b", key=FIXED_KEY)]
        self.assert_wire("dup", fragments,
                         frame(PONG, b"p")
                         + (frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b")) * 2)

    def test_reorder(self):
        a, b, c = (frame(TEXT, one) for one in (b"a", b"b", b"c"))
        self.assert_wire("reorder", [text(b"a"), text(b"b"), text(b"c")], b + a + c)

    def test_data_after_close(self):
        self.assertEqual(self.exchange("data-after-close", BYE),
                         CLOSE_1000 + frame(TEXT, b"after the close"))

    def test_masked(self):
        one, again, other = (self.exchange(f"masked&seed={seed}", text(b"hello"), BYE)
                             for seed in (1, 1, 2))
        self.assertEqual(one[:2], b"\x81\x85")
        self.assertEqual(xor(one[6:11], one[2:6]), b"hello")
        self.assertEqual(one[11:], CLOSE_1000)
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)

    def test_reserved_bits_and_opcodes(self):
        for bits in range(1, 8):
            self.assert_wire(f"rsv={bits}", [text(b"hello")],
                             bytes([0x81 | bits << 4]) + b"\x05hello")
        for opcode in (0, 3, 7, 11, 15):
            self.assert_wire(f"opcode={opcode}", [text(b"hello")],
                             bytes([0x80 | opcode]) + b"\x05hello")

    def test_lengths(self):
        self.assert_wire("nonminimal", [text(b"hello")], b"\x81\x7e\x00\x05hello")
        long = b"x" * 200
        self.assert_wire("nonminimal", [text(long)], b"\x81\x7f" + struct.pack(">Q", 200) + long)
        self.assert_wire("len63", [text(b"hello")],
                         b"\x81\x7f" + struct.pack(">Q", 1 << 63 | 5) + b"hello")

    def test_bad_utf8(self):
        self.assert_wire("bad-utf8", [text(b"hello")], frame(TEXT, b"hello\xff"))
        self.assert_wire("bad-utf8=split", [text(b"hello")],
                         frame(TEXT, b"hello\xe2\x82", fin=False) + frame(CONTINUATION, b"("))
        binary = frame(BINARY, b"\xff", key=FIXED_KEY)
        self.assert_wire("bad-utf8", [binary], frame(BINARY, b"\xff"))

    def test_truncate_sends_half_a_frame_and_the_end(self):
        self.assertEqual(self.exchange("truncate", text(b"hello"), text(b"more"), BYE), b"\x81\x05he")
        self.assertEqual(self.exchange("truncate&after=1", text(b"a"), text(b"hello"), BYE),
                         frame(TEXT, b"a") + b"\x81\x05he")

    def test_pongs(self):
        self.assert_wire("no-pong", [ping(b"p"), text(b"a")], frame(TEXT, b"a"))
        self.assert_wire("bad-pong", [ping(b"p")], frame(PONG, b"not what was asked"))
        with open_websocket(self.server.port, path="/ws?pong-delay=30ms") as peer:
            peer.send(ping(b"p") + text(b"a"))
            want = frame(TEXT, b"a") + frame(PONG, b"p")
            got = b""
            while len(got) < len(want):
                got += peer.receive()
            self.assertEqual(got, want)

    def test_words_can_be_combined(self):
        self.assert_wire("rsv=2&fragment=3", [text(b"hello")],
                         b"\x21\x03hel" + b"\xa0\x02lo")
        self.assert_wire("dup&reorder", [text(b"a"), text(b"b")],
                         frame(TEXT, b"b") * 2 + frame(TEXT, b"a") * 2)


class Compressed(FaultTest):
    """The same words where permessage-deflate is agreed on, and those that are about it."""

    OFFER = "permessage-deflate"
    HELLO = bytes.fromhex("f248cdc9c90700")  # RFC 7692 7.2.3.1
    AGAIN = bytes.fromhex("f200110000")      # RFC 7692 7.2.3.2
    SENT = frame(TEXT | 0x40, HELLO, key=FIXED_KEY)
    ECHO = frame(TEXT | 0x40, HELLO)

    def assert_wire(self, query, sent, expected):
        got = self.exchange(query, *sent, BYE, offer=self.OFFER)
        self.assertEqual(got.hex(" "), (expected + CLOSE_1000).hex(" "), query)

    def messages(self, query, *sent):
        got = self.exchange(query, *sent, BYE, offer=self.OFFER)
        return [event[2] for event in harness.events_of(got, masked=False, deflate=True)
                if event[0] == "message"]

    def test_no_fault_is_an_honest_echo(self):
        self.assert_wire("", [self.SENT, self.SENT, text(b"plain")],
                         self.ECHO + frame(TEXT | 0x40, self.AGAIN) + frame(TEXT, b"plain"))

    def test_fragments_carry_rsv1_once(self):
        self.assert_wire("fragment=3", [self.SENT],
                         frame(TEXT | 0x40, self.HELLO[:3], fin=False)
                         + frame(CONTINUATION, self.HELLO[3:6], fin=False)
                         + frame(CONTINUATION, self.HELLO[6:]))
        self.assert_wire("interleave", [self.SENT],
                         frame(TEXT | 0x40, self.HELLO[:4], fin=False) + frame(PING, b"between")
                         + frame(CONTINUATION, self.HELLO[4:]))

    def test_echoes_that_come_twice_or_in_another_order_still_inflate(self):
        self.assert_wire("dup", [self.SENT, self.SENT], self.ECHO * 4)
        self.assert_wire("reorder", [self.SENT, text(b"b")], frame(TEXT, b"b") + self.ECHO)

    def test_reserved_bits_are_set_beside_rsv1(self):
        self.assert_wire("rsv=2", [self.SENT], b"\xe1" + self.ECHO[1:])

    def test_bad_utf8_is_in_the_inflated_text(self):
        self.assertEqual(self.messages("bad-utf8", self.SENT), [b"Hello\xff"])
        self.assertEqual(self.messages("bad-utf8=split", self.SENT), [b"Hello\xe2\x82("])

    def test_bad_deflate_is_a_block_of_the_reserved_type(self):
        self.assert_wire("bad-deflate", [text(b"hello")], b"\xc1\x06\x07hello")

    def test_bomb_inflates_to_its_size(self):
        for size in (1, 1 << 20, 5_000_001):
            got = self.exchange(f"bomb={size}", self.SENT, BYE, offer=self.OFFER)
            self.assertLess(len(got), size / 200 + 100)
            self.assertEqual(harness.events_of(got, masked=False, deflate=True),
                             [("message", "binary", bytes(size)), ("message", "text", b"Hello"),
                              ("close", 1000, "")])

    def test_takeover_cheat_promises_no_window_and_keeps_it(self):
        with open_websocket(self.server.port, f"Sec-WebSocket-Extensions: {self.OFFER}",
                            path="/ws?takeover-cheat") as peer:
            self.assertEqual(fields_of(peer.head)["sec-websocket-extensions"],
                             "permessage-deflate; server_no_context_takeover")
            peer.send(self.SENT + self.SENT + BYE)
            self.assertEqual(peer.receive_all(),
                             self.ECHO + frame(TEXT | 0x40, self.AGAIN) + CLOSE_1000)

    def test_words_about_compression_are_left_out_without_it(self):
        for words in ("bomb=1000", "bad-deflate", "takeover-cheat"):
            got = self.exchange(words, text(b"hello"), BYE)
            self.assertEqual(got, frame(TEXT, b"hello") + CLOSE_1000, words)


class Moments(FaultTest):
    """after=, prob= and seed=."""

    def test_after_messages_counts_within_one_read_too(self):
        sent = [text(b"a"), text(b"b"), text(b"c")]
        self.assert_wire("rsv=1&after=1", sent,
                         frame(TEXT, b"a") + b"\x91\x01b" + b"\x91\x01c")
        self.assertEqual(self.exchange("close=1011,over&after=2", *sent, BYE),
                         frame(TEXT, b"a") + frame(TEXT, b"b") + close_frame(1011, "over"))

    def test_after_bytes(self):
        sent = [text(b"abc"), text(b"d"), text(b"e")]
        self.assert_wire("dup&after=4B", sent,
                         frame(TEXT, b"abc") + frame(TEXT, b"d") + frame(TEXT, b"e") * 2)

    def test_after_a_time(self):
        with open_websocket(self.server.port, path="/ws?close=4000&after=20ms") as peer:
            self.assertEqual(peer.receive(), close_frame(4000))

    def test_after_in_front_holds_for_all_words_without_one(self):
        sent = [text(b"a"), text(b"b"), text(b"c")]
        self.assert_wire("after=2&rsv=4&dup&after=1", sent,
                         frame(TEXT, b"a") + frame(TEXT, b"b") * 2 + b"\xc1\x01c" * 2)

    def test_probability_and_seed(self):
        sent = [text(b"%d" % i) for i in range(60)]
        honest = b"".join(frame(TEXT, b"%d" % i) for i in range(60))
        self.assert_wire("dup&prob=0", sent, honest)
        one, again, other = (self.exchange(f"dup&prob=0.5&seed={seed}", *sent, BYE)
                             for seed in (1, 1, 2))
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)
        self.assertGreater(len(one), len(honest) + len(CLOSE_1000))
        self.assertLess(len(one), 2 * len(honest))

    def test_seed_of_the_server(self):
        runs = []
        for seed in ("5", "5", "6"):
            with harness.Echo("--seed", seed, "--fault", "masked") as server:
                runs.append([self.exchange("", text(b"hello"), BYE, server=server)
                             for _ in range(2)])
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], runs[2])
        self.assertNotEqual(runs[0][0], runs[0][1])  # each connection has its own dice


class Events(FaultTest):
    def test_close_with_any_code(self):
        for code in (0, 999, 1000, 1004, 1005, 1006, 1011, 1015, 2999, 4999, 5000, 65535):
            self.assertEqual(self.exchange(f"close={code}", BYE), close_frame(code), code)
        self.assertEqual(self.exchange("close=4001,not%20now%2C%20please", BYE),
                         close_frame(4001, "not now, please"))

    def test_a_close_that_may_not_be_sent_is_the_last_word(self):
        for query in ("close=1005", "close=4000,%ff", "close1byte"):
            with open_websocket(self.server.port, path=f"/ws?{query}") as peer:
                peer.send(text(b"a") + ping(b"p") + BYE)
                got = peer.receive_all()
            self.assertEqual(got[0], 0x88)
            self.assertEqual(len(got), 2 + got[1], got)

    def test_close1byte(self):
        self.assertEqual(self.exchange("close1byte", BYE), b"\x88\x01\x03")

    def test_abort_is_an_end_without_a_close(self):
        self.assertEqual(self.exchange("abort"), b"")
        self.assertEqual(self.exchange("abort&after=1", text(b"a"), text(b"b")), frame(TEXT, b"a"))

    def test_rst(self):
        with open_websocket(self.server.port, path="/ws?rst&after=1") as peer:
            peer.send(text(b"a"))
            with self.assertRaises(ConnectionResetError):
                self.assertEqual(peer.receive_all(), frame(TEXT, b"a"))
        with connect(self.server.port) as peer:
            peer.send(upgrade_request(self.server.port, path="/ws?rst"))
            with self.assertRaises(ConnectionResetError):
                peer.receive_all()

    def test_half_close_goes_on_reading(self):
        with harness.Echo("--to", "jsonl") as server:
            with open_websocket(server.port, path="/ws?half-close&after=1") as peer:
                peer.send(text(b"a"))
                self.assertEqual(peer.receive_all(), frame(TEXT, b"a"))
                peer.send(text(b"heard"))
                self.assertIn('"data":"heard"', line_with(server, "heard"))

    def test_stall_stops_reading(self):
        with open_websocket(self.server.port, path="/ws?stall&after=1") as peer:
            peer.send(text(b"a"))
            self.assertEqual(peer.receive(), frame(TEXT, b"a"))
            peer.sock.setblocking(False)
            sent, chunk = 0, frame(BINARY, bytes(1 << 16), key=FIXED_KEY)
            while select.select([], [peer.sock], [], 0.3)[1]:
                sent += peer.sock.send(chunk)
                self.assertLess(sent, 64 << 20, "it still reads")
            self.assertEqual(select.select([peer.sock], [], [], 0)[0], [], "it still answers")

    def test_a_stalled_connection_ends_when_the_client_has_gone(self):
        with harness.Echo("--to", "jsonl") as server:
            with open_websocket(server.port, path="/ws?stall"):
                pass
            self.assertIn('"by":"cut"', line_with(server, '"close"'))

    def test_ping(self):
        with open_websocket(self.server.port, path="/ws?ping=10ms") as peer:
            got = b""
            while len(got) < 2 * len(frame(PING, b"fault")):
                got += peer.receive()
            self.assertTrue(got.startswith(frame(PING, b"fault") * 2), got)

    def test_oversize_is_one_frame_of_that_size(self):
        size = 3_000_000
        with open_websocket(self.server.port, path=f"/ws?oversize={size}") as peer:
            want = b"\x82\x7f" + struct.pack(">Q", size) + bytes(size)
            got = b""
            while len(got) < len(want):
                got += peer.receive()
            self.assertEqual(got, want)
            peer.send(text(b"honest again") + BYE)
            self.assertEqual(peer.receive_all(), frame(TEXT, b"honest again") + CLOSE_1000)

    def test_oversize_that_nobody_reads_costs_no_memory(self):
        with harness.Echo() as server:
            before = resident_bytes(server.pid)
            with open_websocket(server.port, path="/ws?oversize=100G") as peer:
                for _ in range(200):
                    peer.receive()
            if not harness.SANITIZED:
                self.assertLess(resident_bytes(server.pid) - before, 16 << 20)

    def test_hex(self):
        self.assertEqual(self.exchange("hex=8103%20616263%20ff", BYE),
                         bytes.fromhex("8103616263ff") + CLOSE_1000)
        with open_websocket(self.server.port, path="/raw?hex=c10548656c6c6f") as peer:
            peer.send(BYE)
            self.assertEqual(peer.receive_all(), bytes.fromhex("c10548656c6c6f") + CLOSE_1000)

    def test_ignore_close(self):
        with open_websocket(self.server.port, path="/ws?ignore-close") as peer:
            peer.send(text(b"a") + BYE + text(b"b") + ping(b"p"))
            self.assertEqual(peer.receive(), frame(TEXT, b"a"))
            self.assertEqual(select.select([peer.sock], [], [], 0.2)[0], [])
            peer.end()  # only the end of the transport ends it
            self.assertEqual(peer.receive_all(), b"")

    def test_vectors_can_be_served(self):
        cases = harness.frame_cases("client")
        self.assertGreater(len(cases), 50)
        for case in cases:
            data = bytes.fromhex(case["bytes_hex"]) if "bytes_hex" in case else b""
            if not 0 < len(data) < 2000:
                continue
            with open_websocket(self.server.port, path=f"/raw?hex={data.hex()}") as peer:
                peer.end()
                self.assertEqual(peer.receive_all()[: len(data)], data, case["name"])


class Writing(FaultTest):
    def test_slices_rate_and_jitter_change_no_byte(self):
        for query in ("slice=1/1ms", "slice=3", "rate=2k", "rate=2k&slice=5", "jitter=3ms",
                      "jitter=2ms&slice=4/1ms"):
            self.assert_wire(query, [text(b"hello"), text(b"x" * 100)],
                             frame(TEXT, b"hello") + frame(TEXT, b"x" * 100))

    def test_slices_arrive_one_by_one(self):
        with open_websocket(self.server.port, path="/ws?slice=1/20ms") as peer:
            peer.send(text(b"hello"))
            pieces = []
            while sum(map(len, pieces)) < 7:
                pieces.append(peer.receive())
            self.assertGreater(len(pieces), 2)


class Openings(FaultTest):
    def answer(self, query, *lines, server=None):
        port = (server or self.server).port
        with connect(port) as peer:
            peer.send(upgrade_request(port, *lines, path=f"/ws?{query}"))
            return peer.receive_all()

    def head(self, query, *lines):
        with connect(self.server.port) as peer:
            peer.send(upgrade_request(self.server.port, *lines, path=f"/ws?{query}"))
            return peer.receive_head()

    def test_status(self):
        head = self.answer("status=503,retry-after=7")
        self.assertEqual(status_of(head), 503)
        self.assertEqual(fields_of(head)["retry-after"], "7")
        self.assertEqual(status_of(self.answer("delay=10ms&status=429")), 429)
        no_content = self.answer("status=204")
        self.assertEqual(status_of(no_content), 204)
        self.assertTrue(no_content.endswith(b"\r\n\r\n"))
        self.assertNotIn("content-length", fields_of(no_content))

    def test_drop_and_junk(self):
        self.assertEqual(self.answer("drop"), b"")
        self.assertEqual(self.answer("junk-head"), b"220 stream-echo ESMTP ready\r\n")

    def test_hang_keeps_the_connection_and_says_nothing(self):
        with connect(self.server.port) as peer:
            peer.send(upgrade_request(self.server.port, path="/ws?hang"))
            peer.send(text(b"anybody?"))
            self.assertEqual(select.select([peer.sock], [], [], 0.2)[0], [])
            peer.end()
            self.assertEqual(peer.receive_all(), b"")

    def test_delay_comes_before_everything(self):
        self.assertEqual(status_of(self.head("delay=20ms")), 101)
        self.assertEqual(self.answer("delay=20ms&drop"), b"")
        got = self.exchange("delay=20ms", text(b"sent early"), BYE)
        self.assertEqual(got, frame(TEXT, b"sent early") + CLOSE_1000)

    def test_fields_of_the_101(self):
        honest = fields_of(self.head(""))
        accept = honest["sec-websocket-accept"]
        self.assertNotIn("sec-websocket-protocol", honest)
        bad = fields_of(self.head("bad-accept"))
        self.assertEqual({**bad, "sec-websocket-accept": accept}, honest)
        self.assertNotEqual(bad["sec-websocket-accept"], accept)
        self.assertNotIn("sec-websocket-accept", fields_of(self.head("no-accept")))
        wrong = fields_of(self.head("wrong-protocol", "Sec-WebSocket-Protocol: chat"))
        self.assertEqual(wrong["sec-websocket-protocol"], "not-offered")
        extended = fields_of(self.head("unasked-extension"))
        self.assertEqual(extended["sec-websocket-extensions"], "x-not-offered")

    def test_redirects(self):
        head = self.answer("redirect=2&dup")
        self.assertEqual(status_of(head), 302)
        self.assertEqual(fields_of(head)["location"], "/ws?redirect=1&dup")
        self.assertEqual(fields_of(self.answer("redirect=1"))["location"], "/ws?redirect=0")
        self.assertEqual(status_of(self.head("redirect=0")), 101)
        away = self.answer("redirect=ws://127.0.0.1:1/x")
        self.assertEqual(fields_of(away)["location"], "ws://127.0.0.1:1/x")
        self.assertEqual(status_of(self.answer("redirect=ws://example.com/")), 400)

    def test_auth(self):
        head = self.answer("auth=aladdin:open%20sesame")
        self.assertEqual(status_of(head), 401)
        self.assertIn("Basic realm=", fields_of(head)["www-authenticate"])
        basic = "Authorization: Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        self.assertEqual(status_of(self.head("auth=aladdin:open%20sesame", basic)), 101)

    def test_dribble_changes_no_byte(self):
        self.assertEqual(self.head("dribble=1B/1ms"), self.head(""))
        got = self.exchange("dribble=7/1ms", text(b"a"), BYE)
        self.assertEqual(got, frame(TEXT, b"a") + CLOSE_1000)

    def test_coalesce_sends_a_frame_in_the_same_write(self):
        with connect(self.server.port) as peer:
            peer.send(upgrade_request(self.server.port, path="/ws?coalesce"))
            got = peer.receive()
        self.assertTrue(got.endswith(b"\r\n\r\n" + frame(TEXT, b"in the same write")), got)

    def test_wrong_values_are_told(self):
        for query in ("fragment=0", "rsv=8", "close=70000", "status=101", "delay=soon", "prob=2",
                      "after=x", "hex=8", "auth=nobody", "hang=1", "bad-utf8=yes", "fragment",
                      "delay=1s&after=2", "slice=1/x", "seed=x"):
            answer = self.answer(query)
            self.assertEqual(status_of(answer), 400, (query, answer))
            self.assertIn(b"fault ", answer, query)
        with connect(self.server.port) as peer:
            peer.send(upgrade_request(self.server.port, path="/raw"))
            self.assertEqual(status_of(peer.receive_all()), 400)


class Settings(FaultTest):
    def test_fault_option_holds_for_every_connection_and_gives_way_to_the_url(self):
        with harness.Echo("--fault", "rsv=4&after=1", "--fault", "dup") as server:
            for _ in range(2):
                got = self.exchange("", text(b"a"), text(b"b"), BYE, server=server)
                self.assertEqual(got, frame(TEXT, b"a") * 2 + b"\xc1\x01b" * 2 + CLOSE_1000)
            got = self.exchange("rsv=1", text(b"a"), BYE, server=server)
            self.assertEqual(got, b"\x91\x01a" * 2 + CLOSE_1000)

    def test_urls_ask_in_vain_on_an_open_address(self):
        with Anywhere() as server, connect(server.port) as peer:
            peer.send(upgrade_request(server.port, path="/ws?dup"))
            self.assertEqual(status_of(peer.receive_all()), 403)
        with Anywhere("--allow-faults") as server:
            got = self.exchange("dup", text(b"a"), BYE, server=server)
            self.assertEqual(got, frame(TEXT, b"a") * 2 + CLOSE_1000)

    def test_a_foreign_page_cannot_use_faults(self):
        with connect(self.server.port) as peer:
            peer.send(upgrade_request(self.server.port, "Origin: http://evil.example",
                                      path="/ws?redirect=1"))
            self.assertEqual(status_of(peer.receive_all()), 403)


class Anywhere(harness.Echo):
    """A server on all addresses of this machine; reached over loopback."""

    def __init__(self, *options):
        super().__init__("--host", "0.0.0.0", *options)


class Script(FaultTest):
    def run_script(self, lines, *frames, expected):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as script:
            script.write("\n".join(json.dumps(line) for line in lines) + "\n# a remark\n\n")
            script.flush()
            with harness.Echo("--fault-script", script.name) as server:
                with open_websocket(server.port) as peer:
                    peer.send(b"".join(frames))
                    got = b""
                    while len(got) < len(expected) and (more := peer.receive()):
                        got += more
                    self.assertEqual(got, expected)

    def test_steps_happen_in_order_at_their_moments(self):
        self.run_script(
            [{"on": "open", "send_text": "welcome"},
             {"on": "message", "n": 2, "send_hex": "8900"},
             {"on": "message", "n": 2, "sleep": "20ms"},
             {"on": "message", "n": 2, "close": 1013, "reason": "later"}],
            text(b"a"), text(b"b"), text(b"c"), expected=frame(TEXT, b"welcome") + frame(TEXT, b"a")
            + frame(TEXT, b"b") + b"\x89\x00" + frame(TEXT, b"c") + close_frame(1013, "later"))

    def test_a_script_can_do_all_the_talking(self):
        self.run_script(
            [{"echo": False}, {"on": "message", "send_text": "again"},
             {"on": "time", "at": "30ms", "fault": "abort"}],
            text(b"a"), text(b"b"), expected=frame(TEXT, b"again") * 2)

    def test_faults_begin_with_a_step(self):
        self.run_script([{"on": "message", "n": 1, "fault": "dup&rsv=2"}],
                        text(b"a"), text(b"b"), BYE,
                        expected=frame(TEXT, b"a") + b"\xa1\x01b" * 2 + CLOSE_1000)


# ---- Helpers

def line_with(server, part):
    """The next line of a server's standard output that contains `part`."""
    while True:
        ready, _, _ = select.select([server.process.stdout], [], [], harness.TIME_LIMIT)
        line = server.process.stdout.readline().decode() if ready else ""
        if part in line or not line:
            return line


if __name__ == "__main__":
    main()
