"""Each fault of stream-echo in the answer of a language model, read byte by byte off a raw socket."""

import gzip
import json
import subprocess

import harness
import http_stream
from harness import connect, fields_of, main, resident_bytes
from http_stream import events_of, request, unchunked
from model_harness import (ALL_PATHS, CHAT, EVENT_PATHS, MESSAGES, OLLAMA_CHAT, RESPONSES, ModelTest,
                           body_for, delta_of, items_of)


class Faults(ModelTest):
    def test_an_error_behind_so_many_words(self):
        for path in ALL_PATHS:
            with self.subTest(path=path):
                body = self.body(path, "a b c d", "error=out%20of%20luck&after=2")
                items = items_of(path, body)
                error = items.pop()
                deltas = [delta_of(path, item) for item in items]
                self.assertEqual([delta for delta in deltas if delta], ["a ", "b "])
                self.assertIn("out of luck", json.dumps(error))
                self.assertNotIn(b"[DONE]", body)
        body = self.body(MESSAGES, "a b", "error=overloaded_error&after=1")
        self.assertTrue(body.endswith(
            b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error",'
            b'"message":"overloaded_error"}}\n\n'), body)
        self.assertEqual(self.body(CHAT, "a", "error=%ff"),
                         'data: {"error":{"message":"\ufffd","type":"\ufffd","param":null,'
                         '"code":null}}\n\n'.encode())

    def test_an_error_of_the_demonstration_is_an_event(self):
        _, wire = http_stream.ask(self.server.port, "/sse?interval=0&error=a%0Ab&after=1")
        events = events_of(b"".join(unchunked(wire)[0]))
        self.assertEqual([(kind, data) for _, kind, data in events[1:]], [("error", "a\nb")])

    def test_nothing_stands_behind_the_end(self):
        for path in ALL_PATHS:
            honest = self.body(path, "a b c d")
            for words in ("rate=20k&error=late&after=1ms", "rate=20k&hex=41&after=1ms",
                          "rate=20k&long-line=9&after=1ms", "rate=20k&drop-after=9&after=1ms"):
                with self.subTest(path=path, words=words):
                    body = self.body(path, "a b c d", words)  # whole, and nothing behind
                    self.assertEqual(body.count(b"\n"), honest.count(b"\n"))
            for words in ("drop-after=2&error=late&after=2", "drop-after=2&hex=41&after=2",
                          "error=early&after=2&error=late&after=1h&long-line=9&after=2",
                          "error=early&after=2&hex=41&after=2"):
                with self.subTest(path=path, words=words):
                    body = self.body(path, "a b c d", words)
                    self.assertNotIn(b"late", body)
                    self.assertTrue(body.endswith(b"}\n" if path not in EVENT_PATHS else b"}\n\n"))
            body = self.body(path, "a b", "abort&after=2&error=late&after=2&rate=20k", clean=False)
            self.assertNotIn(b"late", body)

    def test_the_end_waits_for_a_long_line(self):
        for words in ("error=x&after=1", "drop-after=1"):
            body = self.body(CHAT, "a b", f"long-line=4M&after=1&{words}")
            self.assertIn(b"data: " + b"x" * (4 << 20) + b"\n\n", body)
            self.assertEqual(b'"error"' in body, "error" in words)
        body = self.body(CHAT, "a b", "long-line=100G&after=1&abort&after=1", clean=False)
        self.assertLess(len(body), 1 << 20)

    def test_a_stall_is_silent_about_errors(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, f"{CHAT}?interval=0&stall&after=2&error=x&after=2",
                              method="POST", body=body_for(CHAT, "a b c")))
            peer.receive_head()
            got = b""
            while b'"b "' not in got:
                got += peer.receive()
            peer.sock.settimeout(0.1)
            with self.assertRaises(TimeoutError):
                peer.receive()

    def test_the_error_is_the_last_event(self):
        for path in ALL_PATHS:
            body = self.body(path, "a b", "error=x&after=1&no-final-blank")
            self.assertTrue(body.endswith(b"}\n" if path in EVENT_PATHS else b"}"), body)

    def test_a_large_event_in_small_pieces_costs_no_more(self):
        asked = body_for(OLLAMA_CHAT, "DEL", tools=[{"function": {"name": "f"}}])
        asked = asked.replace(b"DEL", b"\x7f" * 1_000_000)  # each of which is six in JSON
        with harness.Echo() as server:
            before = resident_bytes(server.pid)
            with connect(server.port) as peer:
                peer.send(request(server.port, f"{OLLAMA_CHAT}?interval=0&split=1/1ms", method="POST",
                                  body=asked))
                peer.receive_head()
                got = b""
                while len(got) < 60:
                    got += peer.receive()
                self.assertTrue(got.startswith(b'1\r\n{\r\n1\r\n"\r\n'), got)
                if not harness.SANITIZED:
                    self.assertLess(resident_bytes(server.pid) - before, 40 << 20)
            body = b"".join(unchunked(self.post(
                CHAT, body_for(CHAT, "x" * 60), words="split=7&abort&after=1")[1])[0])
            self.assertTrue(body.endswith(b"\n\n"), body)  # behind an event, not within

    def test_words_are_what_is_counted(self):
        for path in ALL_PATHS:
            for words in ("drop-after=2", "cut&after=2", "cut=&after=2"):
                with self.subTest(path=path, words=words):
                    body = self.body(path, "a b c d", words)
                    self.assertIn(b'"b "', body)
                    self.assertNotIn(b'"c ', body)
                    self.assertNotIn(b'"d"', body)
                    self.assertEqual(body.endswith(b"\n"), words == "drop-after=2")

    def test_connections_that_end_early(self):
        for path in ALL_PATHS:
            self.assertIn(b'"b "', self.body(path, "a b c", "abort&after=2", clean=False))
            with self.assertRaises(ConnectionResetError):
                self.body(path, "a b c", "rst&after=2")

    def test_the_end_mark(self):
        self.assertTrue(self.body(CHAT, "a", "no-final-blank").endswith(b"data: [DONE]\n"))
        self.assertNotIn(b"[DONE]", self.body(CHAT, "a", "done=none"))
        self.assertTrue(self.body(CHAT, "a", "done=over").endswith(b"data: over\n\n"))
        self.assertNotIn(b"message_stop", self.body(MESSAGES, "a", "done=none"))
        self.assertNotIn(b"response.completed", self.body(RESPONSES, "a", "done=none"))
        self.assertNotIn(b'"done":true', self.body(OLLAMA_CHAT, "a", "done=none"))
        self.assertTrue(self.body(OLLAMA_CHAT, "a", "done=over").endswith(b"}\nover\n"))
        self.assertTrue(self.body(OLLAMA_CHAT, "a", "no-final-blank").endswith(b"}"))

    def test_answers_instead(self):
        for status in (400, 401, 403, 404, 429, 500, 503, 529):
            for path in ALL_PATHS:
                self.assertEqual(self.answer(path, body_for(path, "a"), words=f"status={status}")[0],
                                 status)
        head, _ = self.post(CHAT, body_for(CHAT, "a"), words="status=429,retry-after=1")
        self.assertEqual(fields_of(head)["retry-after"], "1")
        self.assertEqual(self.post(CHAT, body_for(CHAT, "a"), words="drop"), (b"", b""))
        self.assertEqual("".join(self.deltas(CHAT, "a b", "delay=20ms")), "a b")
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, f"{CHAT}?hang", method="POST",
                              body=body_for(CHAT, "a")))
            peer.end()
            self.assertEqual(peer.receive_all(), b"")

    def test_how_it_is_written(self):
        for path in ALL_PATHS:
            for words in ("split=3", "slice=5", "slice=100/1ms", "rate=1M", "dribble=10B/1ms",
                          "split=500/1ms", "jitter=1ms"):
                with self.subTest(path=path, words=words):
                    self.assertEqual("".join(self.deltas(path, "a ż c", words)), "a ż c")

    def test_of_the_head(self):
        head, wire = self.post(CHAT, body_for(CHAT, "a b"), words="gzip")
        self.assertEqual(fields_of(head)["content-encoding"], "gzip")
        plain = gzip.decompress(b"".join(unchunked(wire)[0]))
        self.assertTrue(plain.endswith(b"data: [DONE]\n\n"))
        head, wire = self.post(CHAT, body_for(CHAT, "a b"), words="chunked=off&type=text/plain")
        self.assertEqual(fields_of(head)["content-type"], "text/plain")
        self.assertTrue(wire.endswith(b"data: [DONE]\n\n"))
        self.assertTrue(self.body(CHAT, "a", "bom").startswith(b"\xef\xbb\xbfdata: "))
        self.assertIn(b"\r\n\r\ndata: [DONE]\r\n\r\n", self.body(CHAT, "a", "eol=crlf"))

    def test_comments_and_long_lines_are_of_event_streams(self):
        body = self.body(CHAT, "a b", "interval=40ms&comment=5ms")
        self.assertIn(b": fault\n\n", body)
        self.assertIn(b"data: xxx", self.body(CHAT, "a b", "long-line=100&after=1"))
        honest = self.body(OLLAMA_CHAT, "a b")
        body = self.body(OLLAMA_CHAT, "a b", "interval=20ms&comment=5ms&long-line=9")
        self.assertEqual(body.count(b"\n"), honest.count(b"\n"))

    def test_a_fault_of_the_server_holds_for_all(self):
        with harness.Echo("--fault", "error=busy&after=1") as server:
            for path in ALL_PATHS:
                _, wire = http_stream.ask(server.port, path, method="POST",
                                          body=body_for(path, "a b"))
                self.assertIn(b"busy", wire)

    def test_the_log_tells_what_was_sent(self):
        for path in ALL_PATHS:
            for words in ("", "error=out%20of%0Aluck&after=1", "done=none", "done=over", "cut&after=2"):
                with self.subTest(path=path, words=words), harness.Echo("--to", "jsonl") as server:
                    _, wire = http_stream.ask(server.port, f"{path}?interval=0&{words}", method="POST",
                                              body=body_for(path, "a b c"))
                    body = b"".join(unchunked(wire)[0])
                    if path in EVENT_PATHS:
                        sent = [data for _, _, data in events_of(body[: body.rindex(b"\n\n")])]
                    else:
                        sent = body.decode().split("\n")[:-1]
                    server.process.terminate()
                    lines = server.process.stdout.read().decode().splitlines()
                    logged = [line for line in map(json.loads, lines) if line["kind"] == "message"]
                    self.assertEqual([line["data"] for line in logged], sent)

    def test_the_log_for_people(self):
        script = ("curl -sN -o /dev/null -d '%s' \"$STREAM_ECHO_HTTP_URL%s?interval=0&%s\"")
        for words, count in (("error=out%20of%0Aluck&after=1", 3), ("done=none", 4), ("", 5)):
            run = subprocess.run([harness.STREAM_ECHO, "-vv", "--port", "0", "--", "sh", "-c",
                                  script % (body_for(CHAT, "a b").decode(), CHAT, words)],
                                 capture_output=True, text=True, timeout=harness.TIME_LIMIT)
            self.assertIn(f": stream ended after {count} events\n", run.stderr)
            self.assertEqual(run.stderr.count(": sent message, "), count)
            self.assertEqual("fault error=out of\\nluck\n" in run.stderr, "error" in words, run.stderr)

    def test_the_same_seed_is_the_same_fate(self):
        counts = {self.body(CHAT, "a " * 50, "cut&prob=0.1&seed=7").count(b"\n\n")
                  for _ in range(3)}
        self.assertEqual(len(counts), 1)
        self.assertLess(*counts, 50)


if __name__ == "__main__":
    main()
