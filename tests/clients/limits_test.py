"""The limits of stream-echo and ws-cat while others are being served: connections, descriptors,
sizes, fragments, queues, and peers that are silent. Whoever goes too far is told so, the others
notice nothing, and memory stays below a bound that is stated here.

Builds with sanitizers, which keep freed memory for a while, have no bound on memory."""

import resource
import select
import selectors
import struct
import time

import harness
from crowd import exchange, memory, processor_seconds, sockets_of
from harness import BINARY, CLOSE, CONTINUATION, FIXED_KEY, PING, PONG, TEXT
from harness import ScriptedServer, close_frame, connect, events_of, fields_of, frame, main
from harness import open_websocket, status_of, upgrade_request, upgrade_response, ws_cat

MIB = 1 << 20
BYE = close_frame(1000, key=FIXED_KEY)
MAX_FRAGMENTS = 262144
MAX_HEAD = 16 * 1024


def setUpModule():
    """Room for both ends of some thousand connections. Each server is a process of its own."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def text(payload, fin=True):
    return frame(TEXT, payload, fin=fin, key=FIXED_KEY)


class LimitsTest(harness.TestCase):
    def serve(self, *options, start=harness.Echo):
        server = start("--ping-interval", "0", *options)
        self.addCleanup(lambda: self.assertEqual(server.stop(), 0))
        return server

    def crowd(self, server, count):
        """So many open WebSockets."""
        peers = []
        for _ in range(count):
            peers.append(open_websocket(server.port))
            self.addCleanup(peers[-1].sock.close)
        return peers

    def assert_echoed(self, peers, payload_of):
        """Each sends a message of its own, all at the same time, and gets it back whole."""
        exchange([(peer, frame(BINARY, payload, key=FIXED_KEY), payload)
                  for peer, payload in ((peer, payload_of(at)) for at, peer in enumerate(peers))])

    def assert_all_served(self, peers):
        self.assert_echoed(peers, lambda at: struct.pack(">Q", at) * (1 + at % 50))

    def assert_below(self, limit, server, field="VmHWM"):
        if not harness.SANITIZED:
            size = memory(server.pid, field)
            self.assertLess(size, limit, f"{field} is {size / MIB:.1f} MiB")


class Connections(LimitsTest):
    def ask(self, server):
        """The head of the answer to one more client, and the client, which has to be closed."""
        peer = connect(server.port)
        self.addCleanup(peer.sock.close)
        try:
            peer.send(upgrade_request(server.port))
        except (BrokenPipeError, ConnectionResetError):
            pass  # who is turned away is not waited for
        return peer.receive_head(), peer

    def assert_open_again(self, server):
        """Soon there is room for one more."""
        end = time.monotonic() + harness.TIME_LIMIT
        while status_of((answer := self.ask(server))[0]) != 101:
            self.assertLess(time.monotonic(), end, f"still {answer[0]!r}")
            answer[1].sock.close()
        return answer[1]

    def test_one_more_than_allowed_is_told_to_come_back_and_finds_a_slot_then(self):
        server = self.serve("--max-connections", "50")
        peers = self.crowd(server, 50)
        for _ in range(3):
            head, peer = self.ask(server)
            self.assertEqual(status_of(head), 503, head)
            self.assertEqual(fields_of(head)["retry-after"], "1")
            peer.receive_all()
        self.assert_all_served(peers)

        leaver = peers.pop()
        leaver.send(BYE)
        leaver.receive_all()
        leaver.sock.close()
        peers.append(self.assert_open_again(server))
        self.assertEqual(status_of(self.ask(server)[0]), 503)
        self.assert_all_served(peers)

    def test_slot_of_a_peer_that_was_reset_comes_back(self):
        server = self.serve("--max-connections", "2")
        peers = self.crowd(server, 2)
        reset(peers.pop())
        peers.append(self.assert_open_again(server))
        self.assert_all_served(peers)

    def test_those_who_are_turned_away_and_do_not_leave_are_limited_too(self):
        server = self.serve("--max-connections", "1")
        peers = self.crowd(server, 1)
        told, dropped = 0, 0
        for _ in range(400):
            peer = connect(server.port)
            self.addCleanup(peer.sock.close)
            try:
                told += status_of(peer.receive_head()) == 503
            except ConnectionResetError:
                dropped += 1
        self.assertGreaterEqual(told, 256)
        self.assertLess(sockets_of(server.pid), 2 + 1 + 257)
        self.assert_all_served(peers)

    def test_thousands_are_served_at_the_same_time(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = min(500 if harness.SANITIZED else 4000, most - 200)
        server = self.serve()
        before = 0 if harness.SANITIZED else memory(server.pid, "VmRSS")
        peers = self.crowd(server, count)
        self.assert_all_served(peers)
        self.assert_below(before + count * 8192, server, "VmRSS")
        for peer in peers:
            peer.send(BYE)
        for peer in peers:
            self.assertEqual(peer.receive_all(), close_frame(1000))


class Descriptors(LimitsTest):
    """A server that may open only a few."""

    def start(self, limit, *options):
        def tighten():
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

        return self.serve(*options, start=lambda *all_options: harness.Echo(
            *all_options, before_exec=tighten))

    def assert_survives(self, server, limit):
        listening = sockets_of(server.pid)
        opened, refused = [], 0
        while len(opened) + refused < 4 * limit:
            peer = connect(server.port)
            self.addCleanup(peer.sock.close)
            try:
                peer.send(upgrade_request(server.port))
                if status_of(peer.receive_head()) == 101:
                    opened.append(peer)
                    continue
            except (BrokenPipeError, ConnectionResetError):
                pass
            refused += 1
            peer.sock.close()
        self.assertGreater(len(opened), limit // 4)
        self.assertGreater(refused, 3 * limit)
        self.assert_all_served(opened)

        # Nobody sends anything: a server that spins would take all of the time.
        before = processor_seconds(server.pid)
        waiting = [connect(server.port) for _ in range(10)]
        select.select([], [], [], 1)
        self.assertLess(processor_seconds(server.pid) - before, 0.5)
        for peer in waiting:
            peer.sock.close()

        for peer in opened:
            peer.send(BYE)
            self.assertEqual(peer.receive_all(), close_frame(1000))
            peer.sock.close()
        end = time.monotonic() + harness.TIME_LIMIT
        while sockets_of(server.pid) > listening:
            self.assertLess(time.monotonic(), end, "closed connections stay")
            select.select([], [], [], 0.02)
        self.assert_all_served(self.crowd(server, limit // 4))

    def test_that_run_out_neither_end_the_server_nor_keep_it_busy(self):
        self.assert_survives(self.start(64), 64)

    def test_that_run_out_in_several_threads_do_no_more_harm(self):
        self.assert_survives(self.start(128, "--threads", "4"), 128)


class Sizes(LimitsTest):
    MAX = 100000

    def test_message_that_is_too_large_ends_its_own_connection_only(self):
        server = self.serve("--max-message", str(self.MAX))
        others = self.crowd(server, 100)
        half = bytes(self.MAX // 2)
        last = frame(CONTINUATION, b"x", key=FIXED_KEY)
        header = {  # of a frame that never comes
            "announced": b"\x82\xff" + struct.pack(">Q", self.MAX + 1) + FIXED_KEY,
            "huge": b"\x82\xff" + struct.pack(">Q", (1 << 63) - 1) + FIXED_KEY,
            "sum": frame(BINARY, half, fin=False, key=FIXED_KEY)
                   + frame(CONTINUATION, half, fin=False, key=FIXED_KEY) + last,
            "many": text(b"ab", fin=False)
                    + frame(CONTINUATION, b"ab", fin=False, key=FIXED_KEY) * (self.MAX // 2),
        }
        for name, data in header.items():
            with self.subTest(name), open_websocket(server.port) as peer:
                peer.send(data)
                events = events_of(peer.receive_until_close(masked=False), masked=False)
                self.assertEqual([event[:2] for event in events if event[0] == "close"],
                                 [("close", 1009)], events[-1])
                self.assert_all_served(others)

    def test_message_of_exactly_the_limit_comes_back(self):
        server = self.serve("--max-message", str(self.MAX))
        self.assert_echoed(self.crowd(server, 20), lambda at: bytes([at]) * self.MAX)

    def test_memory_does_not_depend_on_the_size_of_messages(self):
        """200 times 4 MiB at the same time, in less memory than a tenth of that."""
        server = self.serve()
        count, size = (20, MIB) if harness.SANITIZED else (200, 4 * MIB)
        peers = self.crowd(server, count)
        payload = bytes(range(256)) * (size // 256)
        whole = frame(BINARY, payload, key=FIXED_KEY)
        exchange([(peer, whole, payload) for peer in peers])
        self.assert_below(48 * MIB, server)

    def test_head_without_an_end_is_431_and_holds_little(self):
        server = self.serve()
        others = self.crowd(server, 20)
        endless = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
        begun = [connect(server.port) for _ in range(200)]
        for peer in begun:
            self.addCleanup(peer.sock.close)
            peer.send(endless.ljust(MAX_HEAD, b"x"))
        self.assert_all_served(others)
        self.assert_below(24 * MIB, server)
        for peer in begun:
            peer.send(b"x")
            self.assertEqual(status_of(peer.receive_all()), 431)


class Fragments(LimitsTest):
    def message(self, count):
        """A message of so many fragments of a byte each; the first two bytes are apart."""
        return (text(b"a", fin=False)
                + frame(CONTINUATION, b"b", fin=False, key=FIXED_KEY) * (count - 2)
                + frame(CONTINUATION, b"c", key=FIXED_KEY))

    def test_262144_pass_and_one_more_is_1008(self):
        server = self.serve()
        others = self.crowd(server, 20)
        for count in (MAX_FRAGMENTS, MAX_FRAGMENTS + 1):
            with open_websocket(server.port) as peer:
                received = exchange_bytes(peer, self.message(count) + BYE)
                events = events_of(received, masked=False)
                if count == MAX_FRAGMENTS:
                    message, close = events
                    self.assertEqual(message[:2], ("message", "text"))
                    self.assertTrue(message[2] == b"a" + b"b" * (count - 2) + b"c")
                    self.assertEqual(close[:2], ("close", 1000))
                else:
                    close, message = events
                    self.assertEqual(message[0], "unfinished")
                    self.assertEqual(close[:2], ("close", 1008))
            self.assert_all_served(others)
        self.assert_below(24 * MIB, server)


class Queues(LimitsTest):
    """What happens after the time for a write is tests/unit/pump_test.cc's."""

    def test_peers_that_never_read_are_not_read_from_and_hold_little(self):
        server = self.serve()
        others = self.crowd(server, 50)
        deaf = self.crowd(server, 20 if harness.SANITIZED else 200)
        message = frame(BINARY, bytes(60000), key=FIXED_KEY)
        sent = send_until_blocked(deaf, message, 64 * MIB)
        self.assertLess(max(sent), 64 * MIB, "it reads on and on")
        self.assert_below(48 * MIB, server)
        self.assert_all_served(others)


class Idle(LimitsTest):
    def test_peer_that_answers_no_ping_is_closed_with_1011(self):
        with harness.Echo("--ping-interval", "0.05", "--ping-timeout", "3") as server:
            silent = self.crowd(server, 50)
            lively, = self.crowd(server, 1)
            reader, answered = harness.FrameReader(masked=False), 0
            waiting = {peer.sock: b"" for peer in silent}
            end = time.monotonic() + harness.TIME_LIMIT
            while waiting:
                self.assertLess(time.monotonic(), end, f"{len(waiting)} are still there")
                for sock in select.select([lively.sock, *waiting], [], [], 1)[0]:
                    data = sock.recv(4096)
                    if sock is not lively.sock:
                        waiting[sock] += data
                        if not data:
                            *pings, close = events_of(waiting.pop(sock), masked=False)
                            self.assertEqual(close[:2], ("close", 1011))
                            self.assertEqual({ping[0] for ping in pings}, {"ping"})
                        elif data.find(b"\x88") >= 0:
                            sock.shutdown(1)
                        continue
                    self.assertTrue(data, "who answers is closed too")
                    reader.feed(data)
                    for _, opcode, payload in reader.frames():
                        self.assertEqual(opcode, PING)
                        lively.send(frame(PONG, payload, key=FIXED_KEY))
                        answered += 1
            self.assertGreater(answered, 1)
            lively.send(text(b"still here") + BYE)
            events = events_of(lively.receive_until_close(masked=False), masked=False)
            self.assertIn(("message", "text", b"still here"), events)

    def test_head_that_drips_in_is_408_when_the_time_is_up(self):
        """Ten seconds, however busy the peer is."""
        server = self.serve()
        peers = [connect(server.port) for _ in range(20)]
        for peer in peers:
            self.addCleanup(peer.sock.close)
        request = upgrade_request(server.port)
        sent, waiting = 0, {peer.sock for peer in peers[1:]}  # the last one says nothing
        end = time.monotonic() + harness.TIME_LIMIT
        while waiting:
            self.assertLess(time.monotonic(), end, f"{len(waiting)} are still there")
            for sock in select.select(list(waiting), [], [], 0.2)[0]:
                self.assertEqual(status_of(sock.recv(4096)), 408)
                waiting.remove(sock)
            if sent < len(request) - 1:
                for sock in waiting - {peers[-1].sock}:
                    sock.send(request[sent : sent + 1])
                sent += 1
        self.assertEqual(status_of(peers[0].receive_all()), 408)


class Client(LimitsTest):
    """The limits of ws-cat."""

    EXCEEDED = 103

    def run_against(self, script, *options):
        server = ScriptedServer(script)
        run = ws_cat("--eof-wait", "inf", *options, server.url)
        return run, server.result()

    def test_message_that_is_too_large_is_1009_and_ends_with_103(self):
        half = bytes(50)
        for data in (frame(BINARY, bytes(101)),
                     b"\x82\x7f" + struct.pack(">Q", 1 << 62),
                     frame(BINARY, half, fin=False) + frame(CONTINUATION, half, fin=False)
                     + frame(CONTINUATION, b"x")):
            run, received = self.run_against(opened(data), "--max-message", "100")
            self.assert_exit(self.EXCEEDED, run)
            self.assertEqual(received[-1][:2], ("close", 1009))

    def test_262144_fragments_pass_and_one_more_is_1008_and_ends_with_103(self):
        for count in (MAX_FRAGMENTS, MAX_FRAGMENTS + 1):
            data = (frame(TEXT, b"a", fin=False)
                    + frame(CONTINUATION, b"b", fin=False) * (count - 2)
                    + frame(CONTINUATION, b"c") + close_frame(1000))
            run, received = self.run_against(opened(data))
            if count == MAX_FRAGMENTS:
                self.assert_exit(0, run)
                self.assertTrue(run.out == b"a" + b"b" * (count - 2) + b"c\n")
            else:
                self.assert_exit(self.EXCEEDED, run)
                self.assertEqual(received[-1][:2], ("close", 1008))

    def test_head_of_the_answer_has_16_KiB(self):
        for size, exit_code in ((MAX_HEAD, 0), (MAX_HEAD + 1, self.EXCEEDED)):
            run, _ = self.run_against(answered(lambda head: padded(head, size)))
            self.assert_exit(exit_code, run)
        run, _ = self.run_against(answered(lambda _: b"HTTP/1.1 101 " + b"x" * MIB))
        self.assert_exit(self.EXCEEDED, run)

    def test_interim_answers_count_too(self):
        interim = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
        few = MAX_HEAD // len(interim) // 2
        run, _ = self.run_against(answered(lambda head: interim * few + head))
        self.assert_exit(0, run)
        run, _ = self.run_against(answered(lambda head: interim * (2 * few + 1) + head))
        self.assert_exit(self.EXCEEDED, run)
        run, _ = self.run_against(
            answered(lambda head: padded(interim * few + head, MAX_HEAD)))
        self.assert_exit(0, run)
        run, _ = self.run_against(
            answered(lambda head: padded(interim * few + head, MAX_HEAD + 1)))
        self.assert_exit(self.EXCEEDED, run)


# ---- Helpers

def reset(peer):
    peer.sock.setsockopt(harness.socket.SOL_SOCKET, harness.socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
    peer.sock.close()


def padded(head, size):
    """With one more field, so that it has `size` bytes."""
    return head[:-2] + b"X: ".ljust(size - len(head) - 2, b"x") + b"\r\n\r\n"


def opened(data):
    """A server that agrees, sends this, and returns the events that come back."""
    return answered(lambda head: head + data)


def answered(with_head):
    """A server that makes its answer from the head that would be right, then closes if asked to."""
    def script(peer, request):
        received = b""
        try:
            peer.send(with_head(upgrade_response(request)) + close_frame(1000))
            received = peer.receive_until_close(masked=True)
        except (BrokenPipeError, ConnectionResetError):
            pass  # who has seen enough need not stay
        return events_of(received, masked=True)
    return script


def exchange_bytes(peer, data):
    """Sends, while reading up to the end or a Close."""
    view, reader, parts = memoryview(data), harness.FrameReader(masked=False), []
    peer.sock.setblocking(False)
    while True:
        readable, writable, _ = select.select([peer.sock], [peer.sock] if view else [], [],
                                              harness.TIME_LIMIT)
        if not readable and not writable:
            raise AssertionError("neither reads nor writes")
        if readable:
            received = peer.sock.recv(1 << 18)
            parts.append(received)
            reader.feed(received)
            closed = any(opcode == CLOSE for _, opcode, _ in reader.frames())
            if closed or not received:
                return b"".join(parts)
        if writable:
            try:
                view = view[peer.sock.send(view):]
            except (BrokenPipeError, ConnectionResetError):
                view = view[:0]


def send_until_blocked(peers, message, most):
    """All send over and over until nothing more is taken from anybody. The bytes of each."""
    sent = [0] * len(peers)
    with selectors.DefaultSelector() as selector:
        for at, peer in enumerate(peers):
            peer.sock.setblocking(False)
            selector.register(peer.sock, selectors.EVENT_WRITE, [at, memoryview(message)])
        while selector.get_map() and (ready := selector.select(1)):
            for key, _ in ready:
                at, view = key.data
                size = key.fileobj.send(view)
                sent[at] += size
                key.data[1] = view[size:] or memoryview(message)
                if sent[at] >= most:
                    selector.unregister(key.fileobj)
    return sent


if __name__ == "__main__":
    main()
