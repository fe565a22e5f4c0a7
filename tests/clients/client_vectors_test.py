"""The vectors of tests/vectors against ws-cat: a scripted server sends the bytes of each, and both
what ws-cat makes of them and what it sends back are looked at."""

import concurrent.futures
import tempfile

import harness
from harness import close_frame, events_of, expected_payload, main, status_of, upgrade_response
from harness import ScriptedServer, ws_cat

# ws-cat waits for the server to close, with nothing to send.
LISTEN = ("--to", "jsonl", "--show-control", "--eof-wait", "inf", "--max-time", harness.TIME_LIMIT)

CUT, VIOLATION, CLOSED, LIMIT = 56, 100, 101, 103


def whole(peer, response, stream):
    """In the segment of the 101, as a fast server may."""
    peer.send(response + stream)


def bytewise(peer, response, stream):
    peer.send(response)
    peer.send_bytewise(stream)


WAYS = (whole, bytewise)


def with_parameter(offer):
    """An offer without parameters cannot be asked for: with one that changes nothing here."""
    return offer + "; client_no_context_takeover" if offer == "permessage-deflate" else offer


def option_for(offer):
    """The option that makes this offer of compression."""
    if offer is None:
        return "--no-deflate"
    return with_parameter(offer).replace("permessage-deflate; ", "--deflate=")


class VectorTest(harness.TestCase):
    tls = None  # a server_context()

    def ws_cat(self, *options):
        return ws_cat(*LISTEN, *(["--insecure"] if self.tls else []), *options)

    def in_parallel(self, check, cases):
        """Runs `check` for each element of `cases`, whose first one is a case; most of the time is
        that of starting programs."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = [(case, pool.submit(check, *case)) for case in cases]
        for case, run in runs:
            names = [part["name"] if isinstance(part, dict) else part.__name__ for part in case]
            with self.subTest(", ".join(names)):
                run.result()


class OpeningHandshake(VectorTest):
    def run_case(self, case):
        expect = case["expect"]
        refused = ("http_status" in expect or "redirect" in expect
                   or case["name"] == "bad/status-200")

        def script(peer, request):
            fields = harness.fields_of(request)
            self.assertEqual(fields["sec-websocket-key"], case["sent_key"])
            offer = case["offered"].get("extensions")
            self.assertEqual(fields.get("sec-websocket-extensions"),
                             offer and with_parameter(offer))
            offers = case["offered"].get("protocols")
            self.assertEqual(fields.get("sec-websocket-protocol"), offers and ", ".join(offers))
            if not expect.get("open"):
                peer.send(case["bytes"])
                if refused:  # the end of its body
                    peer.end()
                return peer.receive_all()
            peer.send(case["bytes"] + close_frame(1000))
            received = peer.receive_until_close(masked=True)
            peer.end()
            return received + peer.receive_all()

        server = ScriptedServer(script, tls=self.tls)
        offers = [word for protocol in case["offered"].get("protocols", ())
                  for word in ("--subprotocol", protocol)]
        offers.append(option_for(case["offered"].get("extensions")))
        run = self.ws_cat("-H", f"Sec-WebSocket-Key: {case['sent_key']}", *offers, server.url)
        received = server.result()

        if expect.get("open"):
            self.assert_exit(0, run)
            self.assertEqual(run.events(), [("close", 1000, "")], str(run))
            self.assertEqual(run.lines("open")[0].get("protocol"), expect.get("protocol"))
            self.assertEqual(events_of(received, masked=True), [("close", 1000, "")])
            return
        self.assertEqual(received, b"", "sent although the connection never opened")
        self.assertEqual(run.lines("open"), [], str(run))
        if refused:
            self.assert_exit(22, run)
            status = str(status_of(case["bytes"]))
            self.assert_says(f"ws-cat: the server refused the WebSocket: {status} ", run)
            if "http_status" in expect:
                self.assertEqual(status, str(expect["http_status"]))
            if "redirect" in expect:
                self.assert_says(expect["redirect"], run)
            return
        self.assert_exit(VIOLATION if "size" not in case.get("rule", "") else LIMIT, run)
        self.check_violation(case, run)

    def negotiate(self, case):
        def script(peer, request):
            offer = harness.fields_of(request)["sec-websocket-extensions"]
            self.assertEqual(offer, with_parameter(case["offered"]))
            answer = f"Sec-WebSocket-Extensions: {case['response']}"
            peer.send(upgrade_response(request, answer))
            if "ok" in case["expect"]:
                peer.send(close_frame(1000))
            received = peer.receive_until_close(masked=True)
            peer.end()
            return received + peer.receive_all()

        server = ScriptedServer(script, tls=self.tls)
        run = self.ws_cat(option_for(case["offered"]), server.url)
        server.result()
        if "ok" in case["expect"]:
            self.assert_exit(0, run)
            self.assertEqual(run.lines("open")[0]["extensions"], case["response"])
        else:
            self.assert_exit(VIOLATION, run)
            self.assert_says("RFC 7692 7.1" if "," not in case["response"] else "each once", run)

    def test_every_answer_to_an_offer_of_compression_is_judged_as_its_vector_says(self):
        cases = [case for case in harness.load("ws-handshake.json")["negotiation"]
                 if case["side"] == "client"]
        self.assertGreater(len(cases), 14)
        self.in_parallel(self.negotiate, [(case,) for case in cases])

    def check_violation(self, case, run):
        """One line on standard error names the rule; at most a hint, and what it may be that came
        instead of HTTP, stand beside it."""
        violations = run.lines("violation")
        self.assertEqual(len(violations), 1, str(run))
        self.assertEqual(len(run.lines("error")), 1, str(run))
        self.assert_says(f"({violations[0]['rule']}, at byte", run)
        if "rule" in case:
            self.assertEqual(violations[0]["rule"], case["rule"], str(run))

    def test_every_answer_is_judged_as_its_vector_says(self):
        cases = harness.handshake_cases("client")
        self.assertGreater(len(cases), 40)
        self.in_parallel(self.run_case, [(case,) for case in cases])


class Frames(VectorTest):
    def run_case(self, case, send):
        stream = bytes.fromhex(case["bytes_hex"])
        last = case["expect"][-1]

        def script(peer, request):
            send(peer, upgrade_response(request, *harness.offer_of(case)), stream)
            if "incomplete" in last:
                peer.end()
            elif "close" not in last and "fail" not in last:
                # Nothing else may come before the answer to this.
                peer.send(close_frame(1000))
            received = peer.receive_until_close(masked=True)
            peer.end()
            return received + peer.receive_all()

        server = ScriptedServer(script, tls=self.tls)
        limit = case.get("max_message", self.default_limit)
        run = self.ws_cat("--max-message", limit, server.url)
        replies = events_of(server.result(), masked=True)

        seen = [event for event in case["expect"] if "fail" not in event and "close" not in event
                and "incomplete" not in event]
        *events, close = run.events()
        self.assertEqual(len(events), len(seen), str(run))
        for expected, event in zip(seen, events):
            self.compare(expected, event)
        pongs = [("pong", bytes.fromhex(event["ping"])) for event in seen if "ping" in event]

        self.assertEqual(len(run.lines("open")), 1, str(run))
        violations = run.lines("violation")
        if "fail" in last:
            self.assert_exit(LIMIT if last["fail"] == 1009 else VIOLATION, run)
            self.assertEqual(len(violations), 1, str(run))
            self.assert_says(f"({violations[0]['rule']}, at byte", run)
            if "rule" in case:
                self.assertEqual(violations[0]["rule"], case["rule"], str(run))
            self.assertEqual(close[1], last["fail"], str(run))
            self.assertEqual([event[:2] for event in replies], [*pongs, ("close", last["fail"])])
            return
        self.assertEqual(violations, [], str(run))
        if "incomplete" in last:
            self.assert_exit(CUT, run)
            self.assertEqual(close[1], 1006, str(run))
            self.assertEqual(replies, pongs)
            return
        code, reason = last.get("close", 1000), last.get("reason", "")
        self.assert_exit(0 if code in (1000, 1001, 1005) else CLOSED, run)
        self.assertEqual(close, ("close", code, reason), str(run))
        self.assert_says(f"closed by server: {code}", run)
        self.assertEqual([event[:2] for event in replies], [*pongs, ("close", code)])

    def compare(self, expected, event):
        if "message" in expected:
            self.assertEqual(event[:2], ("message", expected["message"]))
            self.assertTrue(expected_payload(expected)(event[2]), event[2][:200])
        else:
            (kind, payload), = expected.items()
            self.assertEqual(event, (kind, bytes.fromhex(payload)))

    default_limit = harness.load("ws-frames.json")["default_max_message"]

    def test_every_stream_is_received_as_its_vector_says(self):
        cases = harness.frame_cases("client")
        self.assertGreater(len(cases), 70)
        self.in_parallel(self.run_case, [(case, send) for case in cases for send in WAYS])

    def test_every_close_code_that_may_be_sent_gives_an_exit_code(self):
        def check(code):
            def script(peer, request):
                peer.send(upgrade_response(request) + close_frame(code))
                received = peer.receive_until_close(masked=True)
                peer.end()
                return received

            server = ScriptedServer(script, tls=self.tls)
            run = self.ws_cat(server.url)
            self.assert_exit(0 if code in (1000, 1001) else CLOSED, run)
            self.assertEqual(events_of(server.result(), masked=True), [("close", code, "")])

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            codes = (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999)
            for code, run in [(code, pool.submit(check, code)) for code in codes]:
                with self.subTest(code):
                    run.result()


class InsideTls:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with tempfile.TemporaryDirectory() as directory:
            cls.tls = harness.server_context(*harness.certificate_for(directory))


class OpeningHandshakeInsideTls(InsideTls, OpeningHandshake):
    pass


class FramesInsideTls(InsideTls, Frames):
    pass


if __name__ == "__main__":
    main()
