#!/usr/bin/python3
"""sse-tail --llm and --pointer: bodies that are no event stream, what --any-type makes of a body, and
when JSON is no answer."""

import json

from harness import TestCase, main
from sse_harness import DONE, SseServer, answer, delta, in_pieces, sse_tail


class Bodies(TestCase):
    WHOLE = {"object": "chat.completion",
             "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
    LINES = b'{"response":"a","done":false}\n{"response":"b","done":true}\n'

    def check(self, out, body, *options, type="text/plain", code=0):
        for script in (answer(body, type=type), in_pieces(body, type, (1, 5, 2))):
            with SseServer(script) as server:
                run = sse_tail(*options, server.url)
            self.assert_exit(code, run)
            self.assertEqual(run.out, out, run.err)
        return run

    def test_first_byte_tells_events_from_json_and_a_line_from_a_whole_body(self):
        whole = json.dumps(self.WHOLE).encode()
        for body in (delta("hi") + DONE, b"\n" + delta("hi") + DONE, whole, whole + b"\n",
                     json.dumps(self.WHOLE, indent=1).encode(), b"\xEF\xBB\xBF" + whole):
            self.check(b"hi", body, "--llm", "openai", "--any-type")
            self.check(b"hi", body, "--llm", "auto", "--any-type")
        self.check(b"ab", self.LINES, "--llm", "auto", "--any-type")
        self.check(b"ab", self.LINES, "--llm", "ollama", "--any-type")
        self.check(b"ab", self.LINES, "--pointer", "/response", "--any-type", "--no-reconnect")
        self.check(b"2.50", b'[{"a": 1}, {"a": 2.50}]', "--pointer", "/1/a", "--any-type",
                   "--no-reconnect")
        for body in (b"", b"{", b" "):
            self.check(b"", body, "--llm", "auto", "--any-type", code=104)

    def test_one_json_value_is_an_event_for_a_pointer(self):
        self.check(b"x", b'{"a":\n "x"}', "--pointer", "/a", "--no-reconnect", type="application/json")

    def test_first_line_larger_than_an_event_may_be(self):
        self.check(b"", b'{"a":"' + b"x" * 2000, "--llm", "auto", "--any-type", "--max-event", "1k",
                   code=103)

    def test_json_that_is_no_answer(self):
        for preset, body in (("openai", b'{"detail":"x"}'), ("ag-ui", b'{"detail":"x"}'),
                             ("responses", b'{"object":"response","status":"in_progress","detail":"x"}')):
            run = self.check(b"", body, "--llm", preset, type="application/json", code=104)
            self.assert_says(f"sse-tail: the answer is no answer of {preset}: ", run)
            self.assert_says('"x', run)

    def test_too_many_values(self):
        body = b"data: [" + b"{}," * 1_000_000 + b"1]\n\n"
        with SseServer(answer(body)) as server:
            run = sse_tail("--llm", "gemini", server.url)
        self.assert_exit(103, run)
        self.assert_says("the JSON of an event has more than 1000000 values", run)


if __name__ == "__main__":
    main()
