"""The event streams of stream-echo, read byte by byte off a raw socket: heads, chunks, messages,
resuming, and the ends."""

import json
import re
import select
import signal
import subprocess
import threading

import harness
import http_stream
from harness import connect, fields_of, main, resident_bytes, status_of
from http_stream import events_of, request, unchunked


class SseTest(harness.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Echo(*cls.options)

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        if code:
            raise AssertionError(f"stream-echo ended with {code}")

    def ask(self, path, *lines, **rest):
        return http_stream.ask(self.server.port, path, *lines, **rest)

    def contents(self, path, *lines, **rest):
        """What the messages of a stream that has an end say."""
        head, body = self.ask(path, *lines, **rest)
        self.assertEqual(status_of(head), 200, head)
        chunks, ended = unchunked(body)
        self.assertTrue(ended, body)
        *messages, end = events_of(b"".join(chunks))
        self.assertEqual(end[:2], (None, "close"))
        return [(number, json.loads(data)["content"]) for number, _, data in messages]


class Head(SseTest):
    def test_an_event_stream_has_what_proxies_and_browsers_look_for(self):
        head, _ = self.ask("/sse?count=1")
        fields = fields_of(head)
        self.assertEqual(head.split(b"\r\n")[0], b"HTTP/1.1 200 OK")
        self.assertEqual(fields["content-type"], "text/event-stream")
        self.assertEqual(fields["cache-control"], "no-cache")
        self.assertEqual(fields["x-accel-buffering"], "no")
        self.assertEqual(fields["transfer-encoding"], "chunked")
        self.assertEqual(fields["access-control-allow-origin"], "*")
        self.assertNotIn("content-length", fields)
        self.assertNotIn("content-encoding", fields)

    def test_a_client_of_http_1_0_gets_no_chunks(self):
        head, body = self.ask("/sse?count=1", version="HTTP/1.0")
        self.assertNotIn("transfer-encoding", fields_of(head))
        self.assertTrue(body.startswith(b": stream-echo\nid: 1\ndata: "), body)
        self.assertTrue(body.endswith(b"\n\n"), body)

    def test_a_head_alone(self):
        head, body = self.ask("/sse", method="HEAD")
        self.assertEqual(fields_of(head)["content-type"], "text/event-stream")
        self.assertEqual(body, b"")

    def test_pages_of_this_machine_may_read_and_others_may_not(self):
        head, _ = self.ask("/sse?count=1", "Origin: http://localhost:3000")
        self.assertEqual(fields_of(head)["access-control-allow-origin"], "http://localhost:3000")
        head, body = self.ask("/sse?count=1", "Origin: https://evil.example")
        self.assertEqual(status_of(head), 403)
        self.assertNotIn("access-control-allow-origin", fields_of(head))
        self.assertNotIn(b"id:", body)
        with connect(self.server.port) as peer:
            peer.send(b"GET /sse HTTP/1.1\r\nHost: evil.example\r\n\r\n")
            self.assertEqual(status_of(peer.receive_head()), 421)

    def test_a_preflight_is_answered(self):
        head, body = self.ask("/sse", "Origin: http://localhost:3000",
                              "Access-Control-Request-Method: POST", method="OPTIONS")
        fields = fields_of(head)
        self.assertEqual(status_of(head), 204)
        self.assertEqual(fields["access-control-allow-methods"], "GET, HEAD, POST, OPTIONS")
        self.assertEqual(fields["access-control-allow-headers"], "*, Authorization")
        self.assertEqual(body, b"")

    def test_other_methods_are_refused(self):
        head, _ = self.ask("/sse", method="PUT")
        self.assertEqual(status_of(head), 405)
        self.assertEqual(fields_of(head)["allow"], "GET, HEAD, POST, OPTIONS")

    def test_a_wrong_parameter_is_named(self):
        head, body = self.ask("/sse?count=many")
        self.assertEqual(status_of(head), 400)
        self.assertIn(b'count: "many" is not a whole number', body)


class Messages(SseTest):
    def test_each_flush_is_one_chunk(self):
        _, body = self.ask("/sse?count=3&interval=5ms&retry=100")
        chunks, ended = unchunked(body)
        self.assertTrue(ended)
        data = rb'data: \{"time":\d{13},"content":"message %d"\}\n\n'
        self.assertRegex(b"|".join(chunks), rb"\A: stream-echo\nretry: 100\n\nid: 1\n" + data % 1)
        self.assertRegex(b"".join(chunks), rb"id: 3\n" + data % 3 + rb"event: close\n")
        for chunk in chunks:
            self.assertTrue(chunk.endswith(b"\n\n"), chunk)

    def test_ten_messages_without_a_pause_are_one_chunk(self):
        _, body = self.ask("/sse?interval=0")
        chunks, _ = unchunked(body)
        self.assertEqual(len(chunks), 1)
        self.assertEqual(len(events_of(chunks[0])), 11)

    def test_content_is_given_by_the_query_or_the_body(self):
        self.assertEqual(self.contents("/sse?count=1&data=a%0Ab"), [("1", "a\nb")])
        self.assertEqual(self.contents("/sse?count=2&interval=0&echo=body", method="POST",
                                       body=b'say "hi"\xff'),
                         [("1", 'say "hi"\ufffd'), ("2", 'say "hi"\ufffd')])
        self.assertEqual(self.contents("/sse?count=1", method="POST", body=b"ignored"),
                         [("1", "message 1")])

    def test_a_body_may_come_in_chunks_and_when_it_is_asked_for(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse?count=1&echo=body", "Expect: 100-continue",
                              "Transfer-Encoding: chunked", method="POST"))
            self.assertEqual(peer.receive_head(), b"HTTP/1.1 100 Continue\r\n\r\n")
            peer.send_bytewise(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
            self.assertEqual(status_of(peer.receive_head()), 200)
            self.assertIn(b'"content":"abcde"', peer.receive_all())

    def test_a_body_has_limits(self):
        most = 1 << 20
        self.assertEqual(self.contents("/sse?count=1&echo=body", method="POST", body=b"x" * most),
                         [("1", "x" * most)])
        head, _ = self.ask("/sse", f"Content-Length: {most + 1}", method="POST")
        self.assertEqual(status_of(head), 413)
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse", "Transfer-Encoding: chunked",
                              method="POST") + b"100001\r\n" + b"x" * (most + 1))
            self.assertEqual(status_of(peer.receive_head()), 413)
        head, _ = self.ask("/sse", "Transfer-Encoding: gzip, chunked", method="POST")
        self.assertEqual(status_of(head), 501)

    def test_chunks_of_a_request_have_to_be_well_formed(self):
        for bad in (b"3\r\nabcd\r\n", b"x\r\n", b"fffffffffffffffff\r\n"):
            with connect(self.server.port) as peer:
                peer.send(request(self.server.port, "/sse", "Transfer-Encoding: chunked",
                                  method="POST") + bad)
                self.assertEqual(status_of(peer.receive_head()), 400, bad)

    def test_a_client_that_comes_back_goes_on_where_it_was(self):
        rest = [("9", "message 9"), ("10", "message 10")]
        self.assertEqual(self.contents("/sse?interval=0", "Last-Event-ID: 8"), rest)
        self.assertEqual(self.contents("/sse?interval=0&lastEventId=8"), rest)
        self.assertEqual(self.contents("/sse?interval=0&lastEventId=3", "Last-Event-ID: 8"), rest)
        self.assertEqual(len(self.contents("/sse?interval=0", "Last-Event-ID: other")), 10)

    def test_a_client_that_has_everything_is_told_to_stop(self):
        head, body = self.ask("/sse", "Last-Event-ID: 10")
        self.assertEqual(head.split(b"\r\n")[0], b"HTTP/1.1 204 No Content")
        self.assertEqual(body, b"")

    def test_a_firehose_is_whole_and_in_order(self):
        count = 20_000 if harness.SANITIZED else 200_000
        got = self.contents(f"/sse?interval=0&count={count}")
        self.assertEqual([int(number) for number, _ in got], list(range(1, count + 1)))

    def test_a_heartbeat_is_a_comment_without_a_blank_line(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse?interval=1h&heartbeat=10ms"))
            peer.receive_head()
            want = b"2\r\n:\n\r\n" * 3
            got = b""
            while want not in got:
                data = peer.receive()
                self.assertTrue(data)
                got += data


class Ends(SseTest):
    options = ("--max-age", "0.2")

    def test_a_stream_ends_at_its_age_and_tells_when_to_come_back(self):
        for path, retry in (("/sse?interval=1h", rb"[123]\d{3}"), ("/sse?interval=1h&retry=7", b"7")):
            _, body = self.ask(path)
            chunks, ended = unchunked(body)
            self.assertTrue(ended, "a clean end")
            self.assertEqual(len(chunks), 2)
            self.assertRegex(chunks[1], rb"\Aretry: " + retry + rb"\n\n\Z")

    def test_a_server_that_stops_ends_streams_cleanly(self):
        with harness.Echo() as server, connect(server.port) as peer:
            peer.send(request(server.port, "/sse?interval=1h"))
            peer.receive_head()
            first = peer.receive()
            server.process.send_signal(signal.SIGTERM)
            chunks, ended = unchunked(first + peer.receive_all())
            self.assertTrue(ended)
            self.assertTrue(chunks[-1].startswith(b"retry: "), chunks)
            self.assertEqual(server.process.wait(harness.TIME_LIMIT), 0)

    def test_a_client_that_does_not_read_holds_no_memory(self):
        with harness.Echo() as server, connect(server.port) as peer:
            peer.send(request(server.port, "/sse?interval=0&count=1000000000"))
            peer.receive_head()
            before = resident_bytes(server.pid)
            for _ in range(20):  # takes a little, so that the server keeps sending
                peer.receive()
            if not harness.SANITIZED:
                self.assertLess(resident_bytes(server.pid) - before, 2 << 20)


def read_all(file):
    while file.read(1 << 20):
        pass


class Logs(harness.TestCase):
    def test_each_event_is_a_line_of_json(self):
        with harness.Echo("--to", "jsonl") as server:
            http_stream.ask(server.port, "/sse?count=1&retry=5&event=tick&data=a")
            http_stream.ask(server.port, "/publish/news", method="POST", body=b"b")
            http_stream.ask(server.port, "/events/news?drop-after=1&lastEventId=0")
            server.process.terminate()
            lines = [json.loads(line) for line in server.process.stdout.read().splitlines()]
        self.assertEqual({line.pop("t") >= 0 for line in lines}, {True})
        host = f"http://127.0.0.1:{server.port}"
        one = [line for line in lines if line.pop("conn") == 1]
        data = [line.pop("data") for line in one if line["kind"] == "message"]
        self.assertRegex(data[0], r'\A\{"time":\d+,"content":"a"\}\Z')
        self.assertEqual(one, [
            {"kind": "open", "status": 200, "url": f"{host}/sse?count=1&retry=5&event=tick&data=a"},
            {"dir": ">", "kind": "comment", "data": " stream-echo", "size": 12},
            {"dir": ">", "kind": "retry", "ms": 5},
            {"dir": ">", "kind": "message", "type": "tick", "id": "1", "size": len(data[0])},
            {"dir": ">", "kind": "message", "type": "close", "size": len(data[1])},
            {"dir": ">", "kind": "end", "by": "us"},
        ])
        last = [line for line in lines if line["kind"] == "message"][-1]
        self.assertEqual((last["type"], last["data"]), ("message", "b"))

    def test_a_reader_of_the_log_that_is_slow_holds_events_up(self):
        with harness.Echo("--to", "jsonl") as server, connect(server.port) as peer:
            peer.send(request(server.port, "/sse?interval=0&count=1000000000"))
            received = 0
            while select.select([peer.sock], [], [], 0.3)[0]:  # until it stops
                received += len(peer.receive())
                self.assertLess(received, 64 << 20, "it does not wait")
            if not harness.SANITIZED:
                self.assertLess(resident_bytes(server.pid), 40 << 20)
            reader = threading.Thread(target=read_all, args=(server.process.stdout,), daemon=True)
            reader.start()
            for _ in range(100):  # and goes on
                peer.receive()
            peer.sock.close()
            server.process.terminate()
            reader.join(harness.TIME_LIMIT)

    def test_the_log_tells_what_was_asked_for_and_sent_and_how_it_ended(self):
        command = ["curl", "-sN", "-o", "/dev/null"]
        script = (f'{" ".join(command)} "$STREAM_ECHO_HTTP_URL/sse?interval=0&count=2&retry=9";'
                  f'{" ".join(command)} -d hello "$STREAM_ECHO_HTTP_URL/publish/news";'
                  f'{" ".join(command)} -m 0.2 "$STREAM_ECHO_HTTP_URL/events/news"; true')
        run = subprocess.run([harness.STREAM_ECHO, "-vv", "--port", "0", "--", "sh", "-c", script],
                             capture_output=True, text=True, timeout=harness.TIME_LIMIT)
        said = re.sub(r"127\.0\.0\.1:\d+", "HOST", run.stderr)
        for line in ("#1 HOST: streaming http://HOST/sse?interval=0&count=2&retry=9",
                     "#1 HOST: sent retry 9 ms", "#1 HOST: sent message 1, 44 bytes",
                     "#1 HOST: sent close, 51 bytes",
                     "#1 HOST: stream ended after 3 events", "#3 HOST: streaming http://HOST/events/news",
                     "#3 HOST: stream cut after 0 events: the peer ended the connection"):
            self.assertIn(f"stream-echo: {line}\n", said)
        self.assertRegex(said, r"#2 HOST: answered 200: 5 bytes is event \w+-1 of news\n")


if __name__ == "__main__":
    main()
