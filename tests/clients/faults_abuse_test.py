"""Faults of stream-echo under abuse: floods, words that get into each other's way, and endings at a
bad moment. Neither memory nor processor time nor a connection is lost, and each word still does what
it says."""

import json
import os
import select
import struct
import tempfile
import time

import harness
from harness import BINARY, CLOSE, CONTINUATION, FIXED_KEY, PING, TEXT
from harness import close_frame, connect, fields_of, frame, main, open_websocket, status_of
from harness import resident_bytes, upgrade_request

BYE = close_frame(1000, key=FIXED_KEY)
CLOSE_1000 = close_frame(1000)
FLOOD_MEMORY = 24 << 20  # more than all limits of one connection together


def text(payload, fin=True):
    return frame(TEXT, payload, fin=fin, key=FIXED_KEY)


class AbuseTest(harness.TestCase):
    def setUp(self):
        self.server = harness.Echo()

    def tearDown(self):
        self.assertEqual(self.server.stop(), 0)

    def open(self, query, server=None):
        return open_websocket((server or self.server).port, path=f"/ws?{query}")

    def assert_honest(self):
        """The server answers others."""
        with self.open("") as peer:
            peer.send(text(b"a") + BYE)
            self.assertEqual(peer.receive_all(), frame(TEXT, b"a") + CLOSE_1000)

    def assert_idle(self):
        """The server takes next to no processor time."""
        before = processor_seconds(self.server.pid)
        select.select([], [], [], 0.5)
        self.assertLess(processor_seconds(self.server.pid) - before, 0.25)


class Floods(AbuseTest):
    def flood(self, peer, data, times):
        """Sends, and drops what comes back."""
        for _ in range(times):
            view = memoryview(data)
            while view:
                readable, writable, _ = select.select([peer.sock], [peer.sock], [],
                                                      harness.TIME_LIMIT)
                self.assertTrue(readable or writable, "it neither reads nor writes")
                if readable:
                    self.assertTrue(peer.receive(), "it has ended")
                if writable:
                    peer.sock.setblocking(False)
                    view = view[peer.sock.send(view):]
                    peer.sock.settimeout(harness.TIME_LIMIT)

    def assert_flat(self, query, data, times=20, server=None, start=b""):
        server = server or self.server
        with self.open(query, server) as peer:
            peer.send(start)
            before = resident_bytes(server.pid)
            self.flood(peer, data, times)
            if not harness.SANITIZED:
                self.assertLess(resident_bytes(server.pid) - before, FLOOD_MEMORY, query)

    def test_pings_whose_pongs_are_late(self):
        self.assert_flat("pong-delay=1h", frame(PING, b"x" * 100, key=FIXED_KEY) * 10000)

    def test_fragments_of_a_message_that_would_be_repeated(self):
        for query in ("dup", "reorder"):
            self.assert_flat(query, frame(CONTINUATION, b"x", fin=False, key=FIXED_KEY) * 12000,
                             start=text(b"", fin=False))

    def test_messages_that_each_begin_a_fault_or_a_sleep(self):
        for steps in ([{"fault": "nonminimal"}], [{"fault": "ping=1h"}], [{"fault": "slice=4096"}],
                      [{"sleep": "1h"}, {"send_text": "late"}]):
            lines = [json.dumps({"on": "message", **step}) for step in steps]
            with Scripted(*lines) as server:
                self.assert_flat("", text(b"a") * 10000, server=server)

    def test_pings_faster_than_they_can_leave(self):
        queries = "&".join(["ping=1us"] * 400)
        with self.open(f"rate=1&{queries}"):
            before = resident_bytes(self.server.pid)
            select.select([], [], [], 2)
            if not harness.SANITIZED:
                self.assertLess(resident_bytes(self.server.pid) - before, 8 << 20)


class Oversize(AbuseTest):
    HUGE = "oversize=9223372036854775807"

    def test_behind_a_half_close_takes_no_time(self):
        with self.open(f"half-close&{self.HUGE}&after=20ms") as peer:
            self.assertEqual(peer.receive_all(), b"")
            select.select([], [], [], 0.1)
            self.assert_idle()

    def test_can_be_cut(self):
        for word in ("abort", "half-close"):
            with self.open(f"{self.HUGE}&{word}&after=50ms") as peer:
                size = 0
                while data := peer.receive():
                    size += len(data)
                    self.assertLess(size, 4 << 30, word)
        with self.open(f"{self.HUGE}&rst&after=50ms") as peer:
            with self.assertRaises(ConnectionResetError):
                while peer.receive():
                    pass

    def test_does_not_give_back_the_word_to_a_side_that_has_closed(self):
        with self.open("close1byte&oversize=5") as peer:
            peer.send(text(b"a") + BYE)
            self.assertEqual(peer.receive_all(), b"\x88\x01\x03")

    def test_twice_is_one_after_the_other(self):
        with self.open("oversize=2000000&oversize=3000000") as peer:
            first = b"\x82\x7f" + struct.pack(">Q", 2000000) + bytes(2000000)
            second = b"\x82\x7f" + struct.pack(">Q", 3000000) + bytes(3000000)
            got = b""
            while len(got) < len(first + second) and (more := peer.receive()):
                got += more
            self.assertTrue(got == first + second, f"{len(got)} bytes: {got[:20]}")


class Pairs(AbuseTest):
    def test_a_slow_answer_to_a_close_is_not_cut(self):
        with self.open("slice=1/700ms") as peer:
            peer.send(BYE)
            self.assertEqual(peer.receive_all(), CLOSE_1000)
        with self.open("rate=4k") as peer:
            peer.send(frame(BINARY, bytes(12000), key=FIXED_KEY) + BYE)
            self.assertEqual(peer.receive_all(), frame(BINARY, bytes(12000)) + CLOSE_1000)

    def test_a_reset_behind_a_half_close_is_one(self):
        with self.open("half-close&rst&after=50ms") as peer:
            self.assertEqual(peer.receive_all(), b"")
            began = time.monotonic()
            with self.assertRaises((ConnectionResetError, BrokenPipeError)):
                while time.monotonic() < began + 3:
                    peer.send(text(b"still there?"))
                    select.select([], [], [], 0.05)

    def test_abort_of_a_stalled_connection_is_no_reset(self):
        with self.open("stall&after=1&abort&after=200ms") as peer:
            peer.send(text(b"a"))
            self.assertEqual(peer.receive(), frame(TEXT, b"a"))
            peer.send(text(b"never read" * 1000))
            self.assertEqual(peer.receive_all(), b"")

    def test_pongs_that_were_asked_for_before_an_ignored_close(self):
        with self.open("ignore-close") as peer:
            peer.send(frame(PING, b"p", key=FIXED_KEY) + BYE)
            self.assertTrue(select.select([peer.sock], [], [], 2)[0], "no pong")
            self.assertEqual(peer.receive(), b"\x8a\x01p")

    def test_a_message_that_has_begun_is_not_repeated(self):
        for word in ("dup", "reorder"):
            with self.open(f"{word}&after=2B") as peer:
                peer.send(text(b"ab", fin=False) + frame(CONTINUATION, b"cd", key=FIXED_KEY) + BYE)
                self.assertEqual(peer.receive_all(), frame(TEXT, b"ab", fin=False)
                                 + frame(CONTINUATION, b"cd") + CLOSE_1000)

    def test_chance_holds_for_words_of_the_opening(self):
        with self.open("rst&prob=0") as peer:
            peer.send(BYE)
            self.assertEqual(peer.receive_all(), CLOSE_1000)
        survived = 0
        for seed in range(60):
            with connect(self.server.port) as peer:
                peer.send(upgrade_request(self.server.port, path=f"/ws?rst&prob=0.5&seed={seed}"))
                try:
                    if status_of(peer.receive_head()) != 101:
                        continue
                    survived += 1
                    peer.send(BYE)
                    self.assertEqual(peer.receive_all(), CLOSE_1000)
                except ConnectionResetError:
                    continue
        self.assertGreater(survived, 15)
        with connect(self.server.port) as peer:
            peer.send(upgrade_request(self.server.port, path="/ws?dribble=1/1h&prob=0"))
            self.assertEqual(status_of(peer.receive_head()), 101)

    def test_dribble_holds_for_every_answer(self):
        with connect(self.server.port) as peer:
            peer.send(upgrade_request(self.server.port, path="/ws?status=503&dribble=40/5ms"))
            pieces = []
            while data := peer.receive():
                pieces.append(data)
            self.assertGreater(len(pieces), 2)
            self.assertEqual(status_of(b"".join(pieces)), 503)

    def test_a_script_does_not_speak_inside_a_message(self):
        with Scripted('{"on":"time","at":"30ms","send_text":"now"}') as server:
            with self.open("", server) as peer:
                peer.send(text(b"a", fin=False))
                self.assertEqual(peer.receive(), frame(TEXT, b"a", fin=False))
                select.select([], [], [], 0.1)
                peer.send(frame(CONTINUATION, b"b", key=FIXED_KEY) + BYE)
                self.assertEqual(peer.receive_all(), frame(CONTINUATION, b"b")
                                 + frame(TEXT, b"now") + CLOSE_1000)


class Endings(AbuseTest):
    def test_a_late_word_at_the_deadline_of_the_end_does_not_keep_the_connection(self):
        with self.open("pong-delay=2s") as peer:
            peer.send(frame(PING, b"p", key=FIXED_KEY) + BYE)
            self.assertEqual(peer.receive_all(), CLOSE_1000)
            began = time.monotonic()
            while sockets_of(self.server.pid) > IDLE_SOCKETS:
                self.assertLess(time.monotonic(), began + 6, "the connection stays")
                select.select([], [], [], 0.05)

    def test_nobody_is_waited_for_who_would_get_no_answer(self):
        for query in ("hang", "ignore-close"):
            with harness.Echo() as server, connect(server.port) as peer:
                peer.send(upgrade_request(server.port, path=f"/ws?{query}"))
                if query == "ignore-close":
                    peer.receive_head()
                    peer.send(BYE + frame(PING, b"", key=FIXED_KEY))
                select.select([], [], [], 0.1)
                began = time.monotonic()
                self.assertEqual(server.stop(), 0)
                self.assertLess(time.monotonic() - began, 3, query)

    def test_a_log_that_has_room_again_does_not_wake_who_is_delayed(self):
        with harness.Echo("--to", "jsonl") as server:
            with self.open("", server) as talker, connect(server.port) as peer:
                peer.send(upgrade_request(server.port, path="/ws?delay=1s"))
                talker.sock.settimeout(0.3)
                with self.assertRaises(TimeoutError):  # the log is full
                    while True:
                        talker.send(frame(BINARY, bytes(1 << 16), key=FIXED_KEY))
                        talker.receive()
                peer.send(text(b"early") + BYE)
                while select.select([server.process.stdout], [], [], 0.2)[0]:
                    server.process.stdout.read(1 << 20)
                self.assertEqual(status_of(peer.receive_head()), 101)
                self.assertEqual(peer.receive_all(), frame(TEXT, b"early") + CLOSE_1000)

    def test_one_slow_byte_at_a_time_leaves_time_for_others(self):
        with self.open("slice=1&oversize=100G") as peer:
            peer.receive()
            began = time.monotonic()
            self.assert_honest()
            self.assertLess(time.monotonic() - began, 2)


class Redirects(AbuseTest):
    def location(self, target, server):
        with connect(server.port) as peer:
            peer.send(upgrade_request(server.port, path=target))
            answer = peer.receive_all()
        return fields_of(answer).get("location") if status_of(answer) == 302 else status_of(answer)

    def test_lead_nowhere_else(self):
        for target in (r"http://evil.example\@127.0.0.1/", r"ws://evil.example\\@localhost:1/x",
                       "ws://evil.example%5c@127.0.0.1/", "ws://user:pw@127.0.0.1/",
                       "ws://127.0.0.1@evil.example/", "ws://[::1%25x]/", "//evil.example/",
                       "ws://evil.example%252f.localhost/",
                       "ws:evil.example", "ws://127.0.0.1%0d%0aSet-Cookie:x/", "ws://127.1.evil/"):
            self.assertEqual(self.location(f"/ws?redirect={target}", self.server), 400, target)

    def test_to_the_same_path_stay_on_this_host(self):
        with harness.Echo("--any-path") as server:
            for path in ("//evil.example/x", r"/\evil.example/x"):
                location = self.location(f"{path}?redirect=1", server)
                self.assertTrue(location.startswith("/."), location)
            self.assertEqual(self.location("/a//b?redirect=1", server), "/a//b?redirect=0")


# ---- Helpers

class Scripted(harness.Echo):
    """A server with a fault script."""

    def __init__(self, *lines):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as script:
            script.write("\n".join(lines))
            script.flush()
            super().__init__("--fault-script", script.name)


IDLE_SOCKETS = 2  # that listen, on both loopback addresses


def sockets_of(pid):
    names = (os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd"))
    return sum(name.startswith("socket:") for name in names)


def processor_seconds(pid):
    stat = harness.pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
