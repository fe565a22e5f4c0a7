"""The vectors of tests/vectors against stream-echo, through real sockets."""

import functools
import re

import harness
from harness import FIXED_KEY, close_frame, connect, events_of, expected_payload, fields_of, frame
from harness import main, open_websocket, status_of


class Servers:
    """One stream-echo for each set of options, started when it is first asked for."""

    def __init__(self):
        self.running = {}

    def port(self, *options):
        if options not in self.running:
            self.running[options] = harness.Echo(*options)
        return self.running[options].port

    def stop(self):
        return [server.stop() for server in self.running.values()]


class VectorTest(harness.TestCase):
    tls = False

    def port(self, *options):
        return self.servers.port(*options, *(["--tls"] if self.tls else []))

    @classmethod
    def setUpClass(cls):
        cls.servers = Servers()

    @classmethod
    def tearDownClass(cls):
        codes = cls.servers.stop()
        if any(codes):  # a crash, or what a sanitizer has to say
            raise AssertionError(f"stream-echo ended with {codes}")


def whole(peer, data):
    peer.send(data)


def bytewise(peer, data):
    peer.send_bytewise(data)


WAYS = (whole, bytewise)


class OpeningHandshake(VectorTest):
    def port_for(self, case):
        server = case.get("server", {})
        options = []
        for origin in server.get("origins", ["*"]):
            options += ["--allow-origin", origin]
        for protocol in server.get("subprotocols", []):
            options += ["--subprotocol", protocol]
        if case.get("core"):
            options.append("--any-path")
        return self.port(*options)

    def run_case(self, case, send):
        port = self.port_for(case)
        request = case["bytes"]
        if not case.get("core"):  # some of which count their bytes
            # The port in the Host field, and wherever it is repeated, becomes the real one.
            request = re.sub(rb"\blocalhost:9000\b", b"localhost:%d" % port, request)
        expect = case["expect"]
        with connect(port, tls=self.tls) as peer:
            send(peer, request)
            head = peer.receive_head()
            status = status_of(head)
            if status == 101:
                rest = self.finish(peer, request)
            else:
                rest = peer.receive_all()

        if expect.get("close"):
            self.assertTrue(head + rest == b"" or 400 <= status < 500, head)
            return
        self.assertEqual(status, expect["status"], (head + rest)[:1000])
        fields = fields_of(head)
        for name, value in expect.get("headers", {}).items():
            self.assertEqual(fields.get(name), value, f"{name} of {head!r}")
        if status != 101:
            # RFC 9110 9.3.2: an answer to HEAD is the same without its content.
            is_head = request.startswith(b"HEAD ")
            size = 0 if is_head else int(fields["content-length"])
            self.assertEqual(len(rest), size, (head + rest)[:1000])
            self.assertIn("close", fields["connection"])

    def finish(self, peer, request):
        """Closes an open connection, and looks for an echo of all that followed the head."""
        behind_head = request[request.index(b"\r\n\r\n", 2) + 4 :]
        peer.send(close_frame(1000, key=FIXED_KEY))
        rest = peer.receive_all()
        sent = events_of(behind_head, masked=True)
        self.assertEqual(events_of(rest, masked=False), [*sent, ("close", 1000, "")])
        return rest

    def test_every_request_is_answered_as_its_vector_says(self):
        cases = harness.handshake_cases("server")
        self.assertGreater(len(cases), 90)
        for case in cases:
            for send in WAYS:
                with self.subTest(case["name"], way=send.__name__):
                    self.run_case(case, send)

    def test_every_offer_of_compression_is_answered_as_its_vector_says(self):
        cases = [case for case in harness.load("ws-handshake.json")["negotiation"]
                 if case["side"] == "server" and "server_config" not in case]
        self.assertGreater(len(cases), 25)
        port = self.port("--allow-origin", "*")
        for case in cases:
            with self.subTest(case["name"]), connect(port, tls=self.tls) as peer:
                offer = f"Sec-WebSocket-Extensions: {case['offer']}"
                peer.send(harness.upgrade_request(port, offer))
                head = peer.receive_head()
                expect = case["expect"]
                self.assertEqual(status_of(head), expect.get("status", 101))
                if "status" not in expect:
                    answer = fields_of(head).get("sec-websocket-extensions")
                    self.assertIn(answer, [expect["response"], expect.get("or")]
                                  if "or" in expect else [expect["response"]])

    def test_frames_in_the_segment_of_the_request_are_echoed(self):
        names = [case["name"] for case in harness.handshake_cases("server")
                 if b"\r\n\r\n\x81" in case["bytes"]]
        self.assertIn("ok/frames-in-same-segment", names)


class Frames(VectorTest):
    def run_case(self, case, send):
        limit = case.get("max_message", self.default_limit)
        port = self.port("--ping-interval", "0", "--max-message", str(limit))
        stream = bytes.fromhex(case["bytes_hex"])
        last = case["expect"][-1]
        ends = "close" in last or "fail" in last
        incomplete = "incomplete" in last

        with open_websocket(port, *harness.offer_of(case), tls=self.tls) as peer:
            send(peer, stream)
            if incomplete:
                peer.end()
            elif not ends:
                # Nothing else may come before the answer to this.
                peer.send(close_frame(1000, key=FIXED_KEY))
            received = peer.receive_all()

        events = events_of(received, masked=False, deflate="extensions" in case)
        wanted = [event for event in case["expect"] if "pong" not in event]
        if not ends and not incomplete:
            wanted.append({"close": 1000, "reason": ""})
        # A message is echoed while it comes: its beginning may be there when it is never completed.
        if ends or incomplete:
            events = [event for event in events if event[0] != "unfinished"]
        self.assertEqual(len([event for event in wanted if "incomplete" not in event]), len(events),
                         events)
        for expected, event in zip(wanted, events):
            self.compare(expected, event)

    def compare(self, expected, event):
        if "message" in expected:
            self.assertEqual(event[:2], ("message", expected["message"]))
            self.assertTrue(expected_payload(expected)(event[2]), event[2][:200])
        elif "ping" in expected:
            self.assertEqual(event, ("pong", bytes.fromhex(expected["ping"])))
        elif "close" in expected:
            # RFC 6455 5.5.1: typically it echoes the status code.
            self.assertEqual(event[:2], ("close", expected["close"]))
        else:
            self.assertEqual(event[:2], ("close", expected["fail"]))

    @functools.cached_property
    def default_limit(self):
        return harness.load("ws-frames.json")["default_max_message"]

    def test_every_stream_is_answered_as_its_vector_says(self):
        cases = harness.frame_cases("server")
        self.assertGreater(len(cases), 140)
        for case in cases:
            for send in WAYS:
                with self.subTest(case["name"], way=send.__name__):
                    self.run_case(case, send)

    def test_streams_follow_each_other_on_one_connection(self):
        """All whose connection stays open, one after the other on the same one."""
        port = self.port("--ping-interval", "0", "--max-message", str(self.default_limit))
        stays_open = [case for case in harness.frame_cases("server")
                      if not {"close", "fail", "incomplete"} & set(case["expect"][-1])]
        self.assertGreater(len(stays_open), 25)
        wanted = []
        # With a window that is kept: those who keep none do not mind.
        offer = "Sec-WebSocket-Extensions: permessage-deflate"
        with open_websocket(port, offer, tls=self.tls) as peer:
            for case in stays_open:
                peer.send(bytes.fromhex(case["bytes_hex"]))
                wanted += [event for event in case["expect"] if "pong" not in event]
            peer.send(close_frame(1000, "", key=FIXED_KEY))
            events = events_of(peer.receive_all(), masked=False, deflate=True)
        self.assertEqual(len(events), len(wanted) + 1)
        for expected, event in zip(wanted, events):
            self.compare(expected, event)

    def test_plain_fragments_follow_a_compressed_message(self):
        port = self.port("--ping-interval", "0")
        hello = harness.frame(harness.TEXT | 0x40, bytes.fromhex("f248cdc9c90700"), key=FIXED_KEY)
        with open_websocket(port, "Sec-WebSocket-Extensions: permessage-deflate",
                            tls=self.tls) as peer:
            peer.send(hello + frame(harness.TEXT, b"abc", fin=False, key=FIXED_KEY))
            peer.send(frame(harness.CONTINUATION, b"def", key=FIXED_KEY) + hello)
            peer.send(close_frame(1000, key=FIXED_KEY))
            events = events_of(peer.receive_all(), masked=False, deflate=True)
        self.assertEqual([event[2] for event in events], [b"Hello", b"abcdef", b"Hello", ""])

    def test_control_frame_after_the_close_gets_no_answer(self):
        port = self.port("--ping-interval", "0")
        with open_websocket(port, tls=self.tls) as peer:
            peer.send(close_frame(1000, "bye", key=FIXED_KEY) + frame(harness.PING, b"?",
                                                                     key=FIXED_KEY))
            self.assertEqual([event[:2] for event in events_of(peer.receive_all(), masked=False)],
                             [("close", 1000)])


class OpeningHandshakeInsideTls(OpeningHandshake):
    tls = True


class FramesInsideTls(Frames):
    tls = True


if __name__ == "__main__":
    main()
