#!/usr/bin/python3
"""sse-tail against servers that follow a script: what it prints and when, where it ends, and what it
does not let through."""

import json
import pathlib
import re
import signal
import tempfile
import time

from harness import SANITIZED, TIME_LIMIT, TestCase, certificate_for, main, server_context
from sse_harness import (Hold, SseServer, answer, empty, end, head, sse_tail, start_sse_tail,
                         wait_for_output)

STREAM = (": hello\nretry: 7\nid: 1\ndata: a\ndata: b\n\nevent: tick\ndata: {\"n\":1}\n\n"
          "data: [DONE]\n\nevent: end\ndata: x\n\n")


class Output(TestCase):
    def run_on(self, stream, *options):
        with SseServer(answer(stream)) as server:
            return sse_tail("--no-reconnect", *options, server.url)

    def test_data_is_the_default_in_a_pipe(self):
        run = self.run_on(STREAM)
        self.assertEqual(run.out, b'a\nb\n{"n":1}\n[DONE]\nx\n')
        self.assert_exit(0, run)

    def test_raw_is_the_body_as_it_came(self):
        odd = b"\xef\xbb\xbf: \x1b\r\ndata: \xff\x00\r\r\nfoo"
        self.assertEqual(self.run_on(odd, "--to", "raw").out, odd)

    def test_jsonl_tells_everything(self):
        run = self.run_on(STREAM + "id: 9\ndata: cut", "--to", "jsonl", "--comments")
        lines = run.lines()
        url = lines[0].pop("url")
        self.assertRegex(url, r"^http://127\.0\.0\.1:\d+/$")
        for line in lines:
            self.assertIsInstance(line.pop("t"), int)
            self.assertEqual(line.pop("conn"), 1)
            self.assertEqual(line.pop("dir"), "<")
        self.assertEqual(lines, [
            {"kind": "open", "status": 200, "protocol": "http/1.1"},
            {"kind": "comment", "data": " hello", "size": 6},
            {"kind": "retry", "ms": 7},
            {"kind": "message", "type": "message", "id": "1", "data": "a\nb", "size": 3},
            {"kind": "message", "type": "tick", "id": "1", "data": '{"n":1}', "size": 7},
            {"kind": "message", "type": "message", "id": "1", "data": "[DONE]", "size": 6},
            {"kind": "message", "type": "end", "id": "1", "data": "x", "size": 1},
            {"kind": "end", "by": "peer", "unfinished": "data: cut"},
        ])

    def test_long_message_is_several_lines(self):
        text = "é" * (1 << 20)
        run = self.run_on(f"data: {text}\n\n", "--to", "jsonl")
        lines = run.lines("message")
        self.assertEqual("".join(line["data"] for line in lines), text)
        self.assertEqual([line.get("more") for line in lines], [True, None])

    def test_pretty_is_a_line_with_columns(self):
        run = self.run_on(STREAM, "--to", "pretty")
        self.assertRegex(run.out.decode(),
                         r"^\d\d:\d\d:\d\d\.\d{3}  message  1  a\\nb\n"
                         r'\d\d:\d\d:\d\d\.\d{3}  tick     1  {"n":1}\n')

    def test_types_are_chosen_and_comments_shown(self):
        self.assertEqual(self.run_on(STREAM, "--event", "tick", "--event", "end").out,
                         b'{"n":1}\nx\n')
        self.assertEqual(self.run_on(STREAM, "--event", "end", "--comments").out,
                         b": hello\nx\n")

    def test_ends(self):
        for options, out in ((("--count", "2"), b'a\nb\n{"n":1}\n'),
                             (("--until-data", "[DONE]"), b'a\nb\n{"n":1}\n'),
                             (("--until-event", "tick"), b'a\nb\n{"n":1}\n'),
                             (("--until-data", "nothing", "--until-event", "end"),
                              b'a\nb\n{"n":1}\n[DONE]\nx\n')):
            with self.subTest(options):
                hold = Hold(head() + STREAM.encode())
                with SseServer(hold) as server:
                    run = sse_tail(*options, server.url)
                    hold.release()
                self.assert_exit(0, run)
                self.assertEqual(run.out, out)

    def test_end_mark_shows_in_other_formats(self):
        run = self.run_on(STREAM, "--to", "jsonl", "--until-data", "[DONE]")
        self.assertEqual(run.lines("message")[-1]["data"], "[DONE]")
        self.assertEqual(run.lines("end")[-1]["by"], "us")

    def test_raw_ends_where_the_last_event_does(self):
        run = self.run_on("data: a\n\ndata: b\n\n", "--to", "raw", "--count", "1")
        self.assertEqual(run.out, b"data: a\n\n")
        # What is in a later piece is printed as well.
        for options, out in ((("--count", "2"), b"data: a\n\ndata: b\r\n\r\n"),
                             (("--until-data", "b"), b"data: a\n\ndata: b\r\n\r\n")):
            hold = Hold(head() + b"data: a\n\n", b"data: b\r\n\r\ndata: c\n\n")
            with self.subTest(options), SseServer(hold) as server:
                process = start_sse_tail("--to", "raw", *options, server.url)
                first = wait_for_output(process)
                hold.release()
                rest, _ = process.communicate(timeout=TIME_LIMIT)
                hold.release()
                self.assertEqual(first + rest, out)

    def test_each_event_leaves_at_once(self):
        for options in ((), ("--to", "jsonl"), ("--to", "raw"), ("--to", "pretty")):
            with self.subTest(options):
                # The blank line ends with CR: whoever waited for an LF behind it would be late.
                hold = Hold(head() + b"data: one\r\r", b"data: two\r\r", b"data: three\n\n")
                with SseServer(hold) as server:
                    process = start_sse_tail(*options, server.url)
                    for word in (b"one", b"two", b"three"):
                        self.assertIn(word, wait_for_output(process))
                        hold.release()
                    process.send_signal(signal.SIGINT)
                    end(process)

    def test_many_events_are_one_write(self):
        count = 300000
        stream = "".join(f"data: {n}\n\n" for n in range(count))
        run = self.run_on(stream)
        self.assertEqual(run.out, "".join(f"{n}\n" for n in range(count)).encode())

    def test_stats(self):
        run = self.run_on(STREAM, "--stats")
        self.assert_says(f"received 4 events, {len(STREAM)} bytes, over 1 connection in ", run)

    def test_line_that_is_no_field_is_told_once(self):
        run = self.run_on('{"error":"\x1b no"}\n\n{"error":2}\n\ndata: a\n\n')
        self.assertEqual(run.out, b"a\n")
        self.assertEqual(run.err, 'sse-tail: a line is no field, and ignored: '
                                  '"{"error":"\\x1b no"}"\n')

    def test_silent_and_verbose(self):
        run = self.run_on("data: a\n\ndata: cut", "-s")
        self.assertEqual(run.err, "")
        run = self.run_on("Data: a\n\n", "-v", "-H", "X-Test: 1")
        for text in ("> GET / HTTP/1.1\n", "> X-Test: 1\n", "< HTTP/1.1 200 OK\n",
                     "< Content-Type: text/event-stream\n", "sse-field"):
            self.assert_says(text, run)


class Safety(TestCase):
    def test_large_id_of_tiny_events_takes_no_memory(self):
        count = 1700
        stream = b"id: " + b"i" * 200000 + b"\n" + b"data: y\n\n" * count
        for options in (("--to", "jsonl"), ("--to", "pretty"), ("--to", "jsonl", "--each", "true")):
            hold = Hold(head() + stream)
            each = 20 if "--each" in options else count
            with self.subTest(options), SseServer(hold) as server:
                process = start_sse_tail("--count", str(each), *options, server.url)
                out = wait_for_output(process)
                time.sleep(0.2)  # it has done what it can before somebody reads
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                peak = int(status.split("VmHWM:")[1].split()[0])
                if not SANITIZED:
                    self.assertLess(peak, 40 << 10)  # KiB
                out += process.communicate(timeout=2 * TIME_LIMIT)[0]
                hold.release()
                self.assertEqual(process.returncode, 0)
                self.assertEqual(len(re.findall(rb"  y\n|\"data\":\"y\"", out)), each)

    def test_line_without_end_stays_within_the_limit(self):
        sent = []

        def script(peer, _request):
            peer.send(head() + b"data: ok\n\ndata: \x1b]0;")
            for _ in range(1024):
                peer.send(b"x" * (1 << 20))  # 1 GiB in all
                sent.append(1)

        with SseServer(script) as server:
            run = sse_tail("--max-event", "1M", "--to", "jsonl", server.url)
        self.assert_exit(103, run)
        self.assertEqual([m["data"] for m in run.lines("message")], ["ok"])
        self.assertEqual(run.lines("violation")[0]["rule"], "sse-event-size")
        self.assertLess(len(sent), 64)
        self.assert_says("an event is larger than 1048576 bytes\nhint: --max-event SIZE", run)

    def test_event_of_many_lines_is_limited_too(self):
        with SseServer(answer("data: 12345\n" * 1000)) as server:
            run = sse_tail("--max-event", "4k", server.url)
        self.assert_exit(103, run)
        self.assertEqual(run.out, b"")

    def test_wrong_media_type_shows_how_the_body_begins(self):
        page = "<html>\x1b[2J</html>\n" + "y" * 10000
        for type in ("text/html; charset=utf-8", "x bogus", None):
            with self.subTest(type):
                with SseServer(answer(page, type=type)) as server:
                    run = sse_tail("--retry", "3", server.url)
                self.assert_exit(22, run)
                self.assertEqual(run.out, b"")
                self.assert_says("<html>\\x1b[2J</html>\n", run)
                self.assert_says("not text/event-stream\nhint: --any-type", run)
                self.assertLess(len(run.err), 5000)
                self.assertEqual(len(server.requests), 1)

    def test_wrong_media_type_without_end_does_not_hold_it_up(self):
        hold = Hold(head(type="video/mp4") + b"\0" * 8192)
        with SseServer(hold) as server:
            run = sse_tail(server.url)
            hold.release()
        self.assert_exit(22, run)

    def test_encoded_body_is_refused(self):
        for options in ((), ("--any-type",)):
            with SseServer(answer(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip")) as server:
                run = sse_tail(*options, server.url)
            self.assert_exit(22, run)
            self.assert_says('sse-tail: the body is encoded as "gzip"\nhint: ', run)
        with SseServer(answer("data: a\n\n", "200 OK", "Content-Encoding: identity")) as server:
            self.assert_exit(0, sse_tail("--no-reconnect", server.url))

    def test_any_type_is_read_when_asked_for(self):
        with SseServer(answer("data: a\n\n", type="text/plain")) as server:
            run = sse_tail("--no-reconnect", "--any-type", server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"a\n")

    def test_media_type_is_read_as_browsers_do(self):
        for type in ("Text/Event-Stream", "text/event-stream;", "text/event-stream;charset=x"):
            with SseServer(answer("data: é\n\n", type=type)) as server:
                run = sse_tail("--no-reconnect", server.url)
            self.assertEqual(run.out.decode(), "é\n", type)

    def test_field_of_the_answer_cannot_reach_the_terminal(self):
        with SseServer(empty("404 \x1b]0;pwn\x07", "X-A: \x1b[2J")) as server:
            for options in ((), ("-v",)):
                run = sse_tail(*options, server.url)
                self.assertNotIn("\x1b", run.err)
                server._answers += (empty("404 \x1b]0;pwn\x07", "X-A: \x1b[2J"),)


class Recording(TestCase):
    def test_recording_has_every_connection_without_secrets(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "s.streamrec")
            with SseServer(answer("retry: 5\n\ndata: a\n\n"), answer("data: b\n\n")) as server:
                sse_tail("--record", path, "-u", "me:secret", server.url)
            lines = [json.loads(line) for line in path.read_text().splitlines()]
        self.assertEqual(lines[0]["side"], "client")
        self.assertTrue(lines[0]["tool"].startswith("sse-tail "))
        opened = [line[3] if len(line) > 3 else 1 for line in lines[1:] if line[2] == "open"]
        self.assertEqual(opened, [1, 2, 3])
        self.assertNotIn("secret", str(lines))


class Tls(TestCase):
    def test_stream_over_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = certificate_for(folder)
            context = server_context(certificate, key)
            with SseServer(answer(b"retry: 5\ndata: a\n\n"), tls=context) as server:
                run = sse_tail("--cacert", certificate, server.url)
                self.assertEqual(run.out, b"a\n")
                self.assert_exit(0, run)

    def test_certificate_that_nobody_trusts_is_futile(self):
        with tempfile.TemporaryDirectory() as folder:
            context = server_context(*certificate_for(folder))

            def script(peer, _request):
                raise AssertionError("a request came")

            server = SseServer(script, tls=context)
            run = sse_tail("--retry", "5", server.url)
        self.assert_exit(60, run)


if __name__ == "__main__":
    main()
