"""Each fault of stream-echo that is about event streams, read byte by byte off a raw socket: it does on
the wire what its word says, when it says, and nothing else."""

import gzip
import re
import zlib

import harness
import http_stream
from harness import connect, fields_of, main, resident_bytes, status_of
from http_stream import EventReader, events_of, request, unchunked

GREETING = b": stream-echo\n"


class SseFaultTest(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Echo()

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        if code:
            raise AssertionError(f"stream-echo ended with {code}")

    def ask(self, words, *lines, count=3, interval="0", **rest):
        """The head and the wire bytes of the demonstration stream with these faults."""
        return http_stream.ask(self.server.port, f"/sse?count={count}&interval={interval}&{words}",
                               *lines, **rest)

    def body(self, words, *, clean=True, **rest):
        """The body, with every time in it as 0. `clean`: the last chunk has come."""
        head, wire = self.ask(words, **rest)
        self.assertEqual(status_of(head), 200, head)
        chunks, ended = unchunked(wire)
        self.assertEqual(ended, clean, wire)
        return re.sub(rb'"time":\d+', b'"time":0', b"".join(chunks))


def message(number, content=None):
    return b'id: %d\ndata: {"time":0,"content":"message %d"}\n\n' % (number, number)


END = b'event: close\ndata: {"time":0,"content":"no more messages"}\n\n'
THREE = message(1) + message(2) + message(3)


class Head(SseFaultTest):
    def test_no_fault_is_an_honest_stream(self):
        self.assertEqual(self.body(""), GREETING + THREE + END)
        # Words that are about WebSockets mean nothing here, and nothing is wrong with their values.
        self.assertEqual(self.body("fragment=none&rsv=9&after=1&close=x"), GREETING + THREE + END)

    def test_type_and_charset(self):
        head, _ = self.ask("type=text/plain")
        self.assertEqual(fields_of(head)["content-type"], "text/plain")
        head, _ = self.ask("charset=latin1")
        self.assertEqual(fields_of(head)["content-type"], "text/event-stream; charset=latin1")
        head, _ = self.ask("charset=x&type=text/event-stream%3b")
        self.assertEqual(fields_of(head)["content-type"], "text/event-stream;; charset=x")
        head, body = self.ask("type=a%0d%0ab")
        self.assertEqual(status_of(head), 400, body)

    def test_without_chunks_the_end_is_the_end_of_the_connection(self):
        head, wire = self.ask("chunked=off")
        self.assertNotIn("transfer-encoding", fields_of(head))
        self.assertEqual(re.sub(rb'"time":\d+', b'"time":0', wire), GREETING + THREE + END)
        head, _ = self.ask("chunked=on")
        self.assertEqual(status_of(head), 400)

    def test_gzip(self):
        head, wire = self.ask("gzip")
        self.assertEqual(fields_of(head)["content-encoding"], "gzip")
        chunks, _ = unchunked(wire)
        plain = gzip.decompress(b"".join(chunks))  # with its checksum
        self.assertEqual(re.sub(rb'"time":\d+', b'"time":0', plain), GREETING + THREE + END)
        # Each event can be read as soon as it comes.
        inflater = zlib.decompressobj(16 + 15)
        self.assertEqual(inflater.decompress(chunks[0]), GREETING)
        self.assertTrue(inflater.decompress(chunks[1]).startswith(b"id: 1\n"))

    def test_gzip_that_is_held_back(self):
        _, wire = self.ask("gzip=late", count=200)
        chunks, _ = unchunked(wire)
        self.assertLess(len(chunks), 4)
        inflater = zlib.decompressobj(16 + 15)
        self.assertGreater(len(inflater.decompress(chunks[0])), 8192)
        self.assertEqual(len(events_of(gzip.decompress(b"".join(chunks)))), 201)

    def test_answers_that_are_no_stream(self):
        for words, status in (("status=200", 200), ("status=204", 204), ("status=500", 500),
                              ("status=401", 401), ("auth=a:b", 401), ("redirect=1", 302)):
            head, _ = self.ask(words)
            self.assertEqual(status_of(head), status)
            self.assertNotEqual(fields_of(head).get("content-type"), "text/event-stream")
        head, _ = self.ask("status=503,retry-after=7")
        self.assertEqual(fields_of(head)["retry-after"], "7")
        head, _ = self.ask("redirect=1")
        self.assertEqual(fields_of(head)["location"],
                         "/sse?redirect=0&count=3&interval=0")
        self.assertEqual(self.body("redirect=0"), GREETING + THREE + END)
        head, _ = self.ask("auth=a:b", "Authorization: Basic YTpi")
        self.assertEqual(status_of(head), 200)

    def test_no_answer_at_all(self):
        self.assertEqual(self.ask("drop"), (b"", b""))
        self.assertEqual(self.ask("junk-head")[0], b"220 stream-echo ESMTP ready\r\n")
        with self.assertRaises(ConnectionResetError):
            self.ask("rst")
        self.assertEqual(self.body("delay=20ms"), GREETING + THREE + END)
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse?hang"))
            peer.end()
            self.assertEqual(peer.receive_all(), b"")

    def test_a_post_is_read_before_the_fault(self):
        head, _ = self.ask("status=503", method="POST", body=b"x" * 100_000)
        self.assertEqual(status_of(head), 503)


class Events(SseFaultTest):
    def test_line_ends(self):
        honest = GREETING + THREE + END
        for how, end in (("lf", b"\n"), ("cr", b"\r"), ("crlf", b"\r\n")):
            self.assertEqual(self.body(f"eol={how}"), honest.replace(b"\n", end), how)
        mixed = self.body("eol=mixed")
        self.assertNotEqual(mixed, honest)
        self.assertEqual(re.sub(rb"\r\n|\r", b"\n", mixed), honest)
        for end in (rb"[^\r]\n", rb"\r\n", rb"\r[^\n]"):
            self.assertRegex(mixed, end)
        head, _ = self.ask("eol=nel")
        self.assertEqual(status_of(head), 400)

    def test_byte_order_mark(self):
        self.assertEqual(self.body("bom"), b"\xef\xbb\xbf" + GREETING + THREE + END)

    def test_split_is_chunks_of_that_size(self):
        head, wire = self.ask("split=1&data=%c3%a4&eol=crlf", count=1)
        chunks, _ = unchunked(wire)
        self.assertEqual({len(chunk) for chunk in chunks}, {1})
        self.assertIn("ä".encode(), b"".join(chunks))
        self.assertEqual(self.body("split=7"), GREETING + THREE + END)

    def test_split_pieces_arrive_one_by_one(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse?count=1&split=30/20ms"))
            peer.receive_head()
            pieces = []
            while b"0\r\n\r\n" not in b"".join(pieces):
                pieces.append(peer.receive())
            self.assertGreater(len(pieces), 2)
            self.assertEqual(pieces[0].split(b"\r\n")[0], b"e")  # the greeting

    def test_nul_in_the_id(self):
        self.assertEqual(self.body("nul-id&after=1&data=x", count=2).count(b"id: 2\0\n"), 1)
        self.assertEqual(self.body("nul-id"), re.sub(rb"(id: \d)", b"\\1\0", GREETING + THREE + END))

    def test_cut_ends_inside_an_event(self):
        body = self.body("cut")
        self.assertEqual(body[:-len(body) + len(GREETING)], GREETING)
        self.assertTrue(message(1).startswith(body[len(GREETING) : len(GREETING) + 12]), body)
        self.assertNotIn(b"\n\n", body)
        body = self.body("cut&after=2")
        self.assertTrue(body.startswith(GREETING + message(1) + message(2) + b"id: 3\n"), body)
        self.assertFalse(body.endswith(b"\n\n"), body)

    def test_drop_after(self):
        self.assertEqual(self.body("drop-after=2"), GREETING + message(1) + message(2))
        self.assertEqual(self.body("drop-after=1", count=5, interval="1h"), GREETING + message(1))
        # One that comes back goes on, a little each time.
        head, wire = self.ask("drop-after=1", "Last-Event-ID: 2")
        self.assertTrue(unchunked(wire)[0][-1].startswith(b"id: 3\n"), wire)

    def test_the_last_blank_line_is_missing(self):
        self.assertEqual(self.body("no-final-blank"), (GREETING + THREE + END)[:-1])
        self.assertEqual(self.body("no-final-blank&drop-after=2"),
                         (GREETING + message(1) + message(2))[:-1])

    def test_the_end_mark(self):
        self.assertEqual(self.body("done=none"), GREETING + THREE)
        self.assertEqual(self.body("done=[DONE]"), GREETING + THREE + b"data: [DONE]\n\n")

    def test_comments(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse?interval=1h&comment=10ms"))
            peer.receive_head()
            got = b""
            while got.count(b"9\r\n: fault\n\n\r\n") < 3:
                got += peer.receive()

    def test_long_line(self):
        size = 100_000
        body = self.body(f"long-line={size}&after=1")
        line = b"data: " + b"x" * size + b"\n\n"
        self.assertEqual(body, GREETING + message(1) + line + message(2) + message(3) + END)

    def test_a_line_without_end_costs_no_memory(self):
        with harness.Echo() as server:
            before = resident_bytes(server.pid)
            with connect(server.port) as peer:
                peer.send(request(server.port, "/sse?interval=0&long-line=100G"))
                for _ in range(200):
                    peer.receive()
            if not harness.SANITIZED:
                self.assertLess(resident_bytes(server.pid) - before, 4 << 20)

    def test_hex_is_part_of_the_body(self):
        self.assertEqual(self.body("hex=646174613a20ff0a0a"),
                         b"data: \xff\n\n" + GREETING + THREE + END)


class Connection(SseFaultTest):
    def test_abort_is_an_end_without_the_last_chunk(self):
        self.assertEqual(self.body("abort&after=2", clean=False),
                         GREETING + message(1) + message(2))
        self.assertEqual(self.body("abort", clean=False), b"")

    def test_a_reset(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse?rst&after=1"))
            with self.assertRaises(ConnectionResetError):
                peer.receive_all()

    def test_stall_is_silence(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse?interval=0&stall&after=3&heartbeat=10ms"))
            peer.receive_head()
            got = b""
            while b"id: 3\n" not in got:
                got += peer.receive()
            peer.sock.settimeout(0.1)
            with self.assertRaises(TimeoutError):
                peer.receive()

    def test_after_a_time_or_bytes(self):
        body = self.body("abort&after=20ms", count=100, interval="1h", clean=False)
        self.assertEqual(body, GREETING + message(1))
        body = self.body("abort&after=100B", count=100, clean=False)
        self.assertEqual(body, GREETING + message(1) + message(2))

    def test_slices_rate_and_jitter_change_no_byte(self):
        for words in ("slice=1", "slice=50/1ms", "rate=4k", "jitter=2ms", "dribble=20/1ms",
                      "split=9&rate=8k", "split=9&jitter=1ms"):
            self.assertEqual(self.body(words), GREETING + THREE + END, words)

    def test_jitter_leaves_the_pieces_of_a_rate_small(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse?interval=0&count=2&rate=400&jitter=1ms"))
            wire = peer.receive_head()
            cut = False  # within a chunk, which none would be that leaves in one write
            while not cut:
                data = peer.receive()
                self.assertTrue(data, wire)
                wire += data
                cut = not wire.endswith(b"\r\n")

    def test_probability_and_seed(self):
        one, again, other = (self.body(f"nul-id&prob=0.5&seed={seed}", count=60)
                             for seed in (1, 1, 2))
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)
        self.assertGreater(one.count(b"\0"), 5)
        self.assertLess(one.count(b"\0"), 55)

    def test_words_can_be_combined(self):
        self.assertEqual(self.body("bom&eol=crlf&drop-after=1&split=5&no-final-blank"),
                         b"\xef\xbb\xbf" + (GREETING + message(1))[:-1].replace(b"\n", b"\r\n"))


class Elsewhere(harness.TestCase):
    def test_a_channel_can_misbehave_too(self):
        with harness.Echo() as server:
            for data in (b"one", b"two", b"three"):
                http_stream.ask(server.port, "/publish/a", method="POST", body=data)
            _, wire = http_stream.ask(server.port, "/events/a?lastEventId=0&drop-after=2&eol=cr")
            body = b"".join(unchunked(wire)[0])
            self.assertRegex(body, rb"\A: stream-echo\rid: \w+-1\rdata: one\r\r"
                                   rb"id: \w+-2\rdata: two\r\r\Z")
            reader = EventReader(server.port, "/events/a?slice=3&jitter=1ms", "0")
            with reader.peer:
                self.assertEqual([reader.next()[2] for _ in range(3)], ["one", "two", "three"])
            head, _ = http_stream.ask(server.port, "/publish/a?status=429", method="POST")
            self.assertEqual(status_of(head), 429)

    def test_faults_of_every_connection(self):
        with harness.Echo("--fault", "bom", "--fault", "masked") as server:
            _, wire = http_stream.ask(server.port, "/sse?count=1")
            self.assertTrue(b"".join(unchunked(wire)[0]).startswith(b"\xef\xbb\xbf:"))
            with harness.open_websocket(server.port) as peer:
                peer.send(harness.frame(harness.TEXT, b"a", key=harness.FIXED_KEY))
                self.assertEqual(peer.receive()[:2], b"\x81\x81")

    def test_words_for_streams_mean_nothing_to_a_websocket(self):
        with harness.Echo() as server:
            with harness.open_websocket(server.port,
                                        path="/ws?type=chat&split=no&comment=hi&done") as peer:
                peer.send(harness.frame(harness.TEXT, b"a", key=harness.FIXED_KEY))
                self.assertEqual(peer.receive(), harness.frame(harness.TEXT, b"a"))


if __name__ == "__main__":
    main()
