"""What stream-echo answers to those who ask a language model, read byte by byte off a raw socket: the
prompt, word by word, in the form of each interface and in its time."""

import json
import time

import harness
import http_stream
from harness import connect, fields_of, main, resident_bytes, status_of
from http_stream import events_of, request, unchunked
from model_harness import (ALL_PATHS, CHAT, EVENT_PATHS, MESSAGES, OLLAMA_CHAT, OLLAMA_GENERATE,
                           RESPONSES, ModelTest, body_for, delta_of, items_of)


class Text(ModelTest):
    def test_what_was_said_comes_back(self):
        for prompt in ("", "one", " a  b\r\n\tc ", "żółw 🐢\u2028\0\x7f\"\\", "x" * 1000, "字" * 100,
                       "\u202eabc \u0085", " " * 500):
            for path in ALL_PATHS:
                with self.subTest(path=path, prompt=prompt):
                    self.assertEqual("".join(self.deltas(path, prompt)), prompt)

    def test_no_line_end_of_any_kind_stands_within_a_line(self):
        prompt = "a\u2028b\u2029c\u0085d\x1ce\vf"
        for path in (OLLAMA_CHAT, OLLAMA_GENERATE):
            lines = self.body(path, prompt).decode().splitlines()  # at each of those
            self.assertEqual("".join(delta_of(path, json.loads(line)) for line in lines), prompt)

    def test_a_word_is_at_most_64_bytes(self):
        for prompt in ("a" * 63 + "字b", "字" * 100, " " * 200):
            words = self.deltas(CHAT, prompt)
            self.assertLessEqual(max(len(word.encode()) for word in words), 64)

    def test_the_head(self):
        for path in ALL_PATHS:
            head, _ = self.post(path, body_for(path, "a"))
            kind = "text/event-stream" if path in EVENT_PATHS else "application/x-ndjson"
            self.assertEqual(fields_of(head)["content-type"], kind)
            self.assertEqual(fields_of(head)["transfer-encoding"], "chunked")

    def test_an_event_stream_has_no_greeting(self):
        self.assertTrue(self.body(CHAT, "a").startswith(b"data: {"))
        self.assertTrue(self.body(MESSAGES, "a").startswith(b"event: message_start\ndata: {"))
        self.assertTrue(self.body(CHAT, "a").endswith(b"\n\ndata: [DONE]\n\n"))
        self.assertTrue(self.body(OLLAMA_CHAT, "a", "retry=5&heartbeat=1ms").startswith(b"{"))

    def test_the_type_of_an_event_is_that_of_its_json(self):
        for path in (RESPONSES, MESSAGES):
            for _, kind, data in events_of(self.body(path, "a b", "reasoning=hm")):
                self.assertEqual(json.loads(data)["type"], kind)

    def test_a_large_prompt_costs_little(self):
        prompt = ("w" * 59 + " ") * 17_000
        with harness.Echo() as server:
            before = resident_bytes(server.pid)
            for path in ALL_PATHS:
                _, wire = http_stream.ask(server.port, f"{path}?interval=0", method="POST",
                                          body=body_for(path, prompt))
                body = b"".join(unchunked(wire)[0])
                deltas = [delta_of(path, item) for item in items_of(path, body)]
                self.assertEqual("".join(delta for delta in deltas if delta), prompt)
            if not harness.SANITIZED:
                self.assertLess(resident_bytes(server.pid) - before, 24 << 20)

    def test_who_does_not_read_is_waited_for(self):
        prompt = "word " * 200_000
        with harness.Echo() as server, connect(server.port) as peer:
            peer.send(request(server.port, f"{CHAT}?interval=0", method="POST",
                              body=body_for(CHAT, prompt)))
            peer.receive_head()
            chunks, ended = unchunked(peer.receive_all())
            self.assertTrue(ended)
            self.assertEqual(b"".join(chunks).count(b'"content":"word "'), 200_000)


class Requests(ModelTest):
    def test_a_method_that_is_none(self):
        for path in ALL_PATHS:
            for method in ("GET", "HEAD", "PUT"):
                head, _ = http_stream.ask(self.server.port, path, method=method)
                self.assertEqual(status_of(head), 405)
                self.assertEqual(fields_of(head)["allow"], "POST, OPTIONS")
            head, _ = http_stream.ask(self.server.port, path, method="OPTIONS")
            self.assertEqual(status_of(head), 204)

    def test_what_is_wrong_is_said_in_the_form_of_each(self):
        for body in (b"", b"{", b"[]", b"{}", b'{"messages":1,"input":1,"prompt":1}', b"\xff",
                     b'{"messages":[1],"input":[1],"prompt":[1]}', b'{"a":' + b"[" * 600,
                     b'{"messages":[{}],"input":[{}],"prompt":[{}]}', b"[" * 100_000,
                     b'{"a":[%s1]' % (b"{}," * 340_000), b'{"a":[%s1]}' % (b"{}," * 340_000)):
            for path in ALL_PATHS:
                with self.subTest(path=path, body=body[:40]):
                    status, json_body = self.answer(path, body)
                    self.assertEqual(status, 400)
                    if path in (CHAT, RESPONSES):
                        self.assertEqual(json_body["error"]["type"], "invalid_request_error")
                    elif path == MESSAGES:
                        self.assertEqual((json_body["type"], json_body["error"]["type"]),
                                         ("error", "invalid_request_error"))
                    else:
                        self.assertIsInstance(json_body["error"], str)

    def test_so_is_what_is_wrong_with_its_head(self):
        for path in ALL_PATHS:
            asked = body_for(path, "a")
            for status, query, lines, rest in (
                    (400, "?tps=0", (), {"method": "POST", "body": asked}),
                    (400, "?drop-after=x", (), {"method": "POST", "body": asked}),
                    (403, "", ("Origin: https://evil.example",), {"method": "POST", "body": asked}),
                    (405, "", (), {}),
                    (413, "", ("Content-Length: 9999999",), {"method": "POST"}),
                    (400, "", ("Host: two.example",), {}),
                    (501, "", ("Transfer-Encoding: x",), {"method": "POST"})):
                with self.subTest(path=path, status=status):
                    head, wire = http_stream.ask(self.server.port, path + query, *lines, **rest)
                    self.assertEqual(status_of(head), status)
                    self.assertEqual(fields_of(head)["content-type"], "application/json")
                    self.assertIn(type(json.loads(wire)["error"]),
                                  (dict,) if path in EVENT_PATHS else (str,))

    def test_limits_are_numbers(self):
        for value in (0, -1, 1.5, "2", True):
            status, body = self.answer(CHAT, body_for(CHAT, "a b c", max_tokens=value))
            self.assertEqual((status, body["error"]["message"]),
                             (400, "max_tokens: is not a whole number from 1"))
        for path, name in ((CHAT, "max_tokens"), (CHAT, "max_completion_tokens"),
                           (MESSAGES, "max_tokens"), (RESPONSES, "max_output_tokens")):
            self.assertEqual(self.deltas(path, "a b c", **{name: 2}), ["a ", "b "])
            self.assertEqual(self.deltas(path, "a b c", **{name: 3}), ["a ", "b ", "c"])
        for limit in (-1, 0):
            self.assertEqual(self.deltas(OLLAMA_CHAT, "a b", options={"num_predict": limit}),
                             ["a ", "b"])

    def test_a_tool_that_is_not_there(self):
        status, body = self.answer(
            CHAT, body_for(CHAT, "a", tools=[{"function": {"name": "f"}}],
                           tool_choice={"type": "function", "function": {"name": "g\n"}}))
        self.assertEqual((status, body["error"]["message"]),
                         (400, 'tool_choice: there is no tool "g\\n"'))

    def test_too_much(self):
        head, _ = self.post(CHAT, body_for(CHAT, "a" * (1 << 20)))
        self.assertEqual(status_of(head), 413)
        head, wire = self.post(CHAT, b"")
        self.assertEqual(status_of(head), 400)

    def test_odd_requests_are_understood(self):
        odd = {"tools": [], "tool_choice": "any", "stream_options": {}, "options": {}, "extra": [1],
               "messages": [{"role": "user", "content": [{"type": "image"},
                                                         {"type": "text", "text": "a"}]},
                            {"role": "assistant"}, {"role": "developer", "content": []}]}
        for path in (CHAT, MESSAGES, OLLAMA_CHAT):
            body = json.dumps({**odd, "stream": False}).encode()
            self.assertEqual(self.answer(path, body)[0], 200)
        body = json.dumps({"tools": [{"type": "web_search"}], "stream": None,
                           "messages": [{"role": "user", "content": ""}]})
        status, answer = self.answer(CHAT, body.encode())
        self.assertEqual((status, answer["choices"][0]["message"]["content"]), (200, ""))

    def test_what_would_be_a_silent_empty_answer_is_an_error(self):
        for content in (5, None, ["x"], [{"type": "text"}], {"text": "x"}):
            for path in (CHAT, MESSAGES, OLLAMA_CHAT):
                body = json.dumps({"messages": [{"role": "user", "content": content}]}).encode()
                status, answer = self.answer(path, body)
                self.assertEqual(status, 400)
                self.assertIn("messages[0].content", json.dumps(answer))

    def test_any_page_may_ask_that_is_allowed_to(self):
        head, _ = self.post(CHAT, body_for(CHAT, "a"), "Origin: https://evil.example")
        self.assertEqual(status_of(head), 403)


class Ends(ModelTest):
    """Nobody can come back for the rest of an answer: that it is cut off is to be seen."""

    def test_a_stream_is_cut_at_its_age(self):
        with harness.Echo("--max-age", "100ms") as server:
            for path in ALL_PATHS:
                _, wire = http_stream.ask(server.port, f"{path}?interval=1h", method="POST",
                                          body=body_for(path, "a b"))
                chunks, ended = unchunked(wire)
                self.assertFalse(ended)
                self.assertNotIn(b"retry", b"".join(chunks))

    def test_a_server_that_stops_cuts_it(self):
        for words in ("", "split=20", "stall&after=1", "long-line=1G&after=1"):
            with self.subTest(words=words), harness.Echo() as server, connect(server.port) as peer:
                peer.send(request(server.port, f"{CHAT}?interval=1h&{words}", method="POST",
                                  body=body_for(CHAT, "a b")))
                peer.receive_head()
                got = peer.receive()
                server.process.terminate()
                got += peer.receive_all()
                self.assertFalse(got.endswith(b"0\r\n\r\n"), got[-99:])
                self.assertNotIn(b"retry", got)
                peer.sock.close()
                self.assertEqual(server.process.wait(harness.TIME_LIMIT), 0)


class Pace(ModelTest):
    def arrivals(self, path, prompt, words):
        """When each chunk came, in seconds after the head, and what it was."""
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, f"{path}?{words}", method="POST",
                              body=body_for(path, prompt)))
            peer.receive_head()
            begin = time.monotonic()
            arrivals = []
            while not arrivals or not arrivals[-1][1].endswith(b"0\r\n\r\n"):
                data = peer.receive()
                arrivals.append((time.monotonic() - begin, data))
            return arrivals

    def first(self, arrivals, text):
        return next(at for at, data in arrivals if text in data)

    def test_words_come_one_by_one(self):
        for words in ("tps=50", "interval=20ms", "duration=100ms", ""):
            arrivals = self.arrivals(CHAT, "a b c d e", words)
            for number, word in enumerate((b'"b ', b'"c ', b'"d ', b'"e"'), 1):
                self.assertGreaterEqual(self.first(arrivals, word), 0.02 * number - 0.005, words)

    def test_the_first_word_has_a_time_of_its_own(self):
        arrivals = self.arrivals(MESSAGES, "a b", "ttft=60ms&interval=0")
        self.assertGreaterEqual(self.first(arrivals, b"text_delta"), 0.055)
        self.assertLess(self.first(arrivals, b"message_start"), self.first(arrivals, b"text_delta"))
        arrivals = self.arrivals(OLLAMA_CHAT, "a b", "ttft=60ms&interval=0")
        self.assertGreaterEqual(arrivals[0][0], 0.055)

    def test_silence_is_filled_with_comments(self):
        arrivals = self.arrivals(CHAT, "a b", "interval=1s&heartbeat=10ms")
        body = b"".join(data for _, data in arrivals)
        self.assertGreaterEqual(body.count(b"\r\n:\n\r\n"), 2)

    def test_jitter_is_behind_each_word(self):
        begin = time.monotonic()
        self.body(CHAT, "a " * 20, "jitter=8ms&seed=1")
        self.assertGreater(time.monotonic() - begin, 0.04)

    def test_times_of_ollama_are_those_asked_for(self):
        body = self.body(OLLAMA_CHAT, "a b c", "tps=100&ttft=10ms")
        end = json.loads(body.splitlines()[-1])
        self.assertEqual((end["eval_count"], end["eval_duration"]), (3, 30_000_000))


if __name__ == "__main__":
    main()
