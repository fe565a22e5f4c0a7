#!/usr/bin/python3
"""When sse-tail connects again, with what, and when it does not (HTML Living Standard 9.2.2, 9.2.3):
against servers that follow a script."""

import socket
import struct
import time

from harness import TestCase, main
from sse_harness import NO_CONTENT, SseServer, answer, chunk, empty, head, sse_tail

QUICK = "retry: 5\n\n"


def reset(data):
    """Sends `data`, and cuts the connection when it has arrived."""
    def script(peer, _request):
        peer.send(data)
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return script


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Reconnect(TestCase):
    def test_request_is_that_of_a_browser(self):
        with SseServer(answer("data: a\n\n")) as server:
            sse_tail("--no-reconnect", server.url)
            self.assertTrue(server.requests[0][0].startswith(b"GET / HTTP/1.1\r\n"))
            names = [name for name, _ in server.fields()]
            self.assertEqual(names, ["host", "accept", "cache-control", "user-agent"])
            self.assertEqual(server.field("accept"), "text/event-stream")
            self.assertEqual(server.field("cache-control"), "no-cache")

    def test_clean_end_connects_again_and_204_is_the_end(self):
        with SseServer(answer(QUICK + "data: a\n\n"), answer("data: b\n\n")) as server:
            run = sse_tail(server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"a\nb\n")
        self.assertEqual(len(server.requests), 3)
        self.assert_says("the server ended the stream; connecting again in 5 ms", run)
        self.assert_says("the server answered 204 No Content: it has nothing more to say", run)

    def test_last_event_id_is_sent_as_utf8_and_kept(self):
        with SseServer(answer(QUICK + "id: …\ndata: a\n\n"), answer("data: b\n\n"),
                       answer("id: 3\n\ndata\n\n"), answer("id\ndata: c\n\n")) as server:
            run = sse_tail("--to", "jsonl", "--retry-delay", "0", server.url)
            ids = [server.field("last-event-id", n) for n in range(5)]
        self.assertEqual(ids, [None, "…", "…", "3", None])
        self.assertEqual([(m.get("id"), m["data"], m["conn"]) for m in run.lines("message")],
                         [("…", "a", 1), ("…", "b", 2), ("3", "", 3), (None, "c", 4)])
        self.assertEqual([line["ms"] for line in run.lines("reconnect")], [5] * 4)

    def test_last_event_id_from_the_command_line(self):
        with SseServer(NO_CONTENT) as server:
            sse_tail("--last-event-id", "41 a", server.url)
            self.assertEqual(server.field("last-event-id"), "41 a")

    def test_last_event_id_as_a_browser_copies_it_for_curl(self):
        field = ("-H", "last-event-id: 41")
        with SseServer(answer(QUICK + "id: 42\ndata: a\n\n"), NO_CONTENT, NO_CONTENT) as server:
            sse_tail(*field, server.url)
            sse_tail(*field, "--last-event-id", "7", server.url)
            self.assertEqual([server.field("last-event-id", n) for n in range(3)], ["41", "42", "7"])

    def test_reconnection_time_is_told_with_verbose_once_for_a_connection(self):
        stream = "".join(f"retry: {n}\n\nodd\n" for n in range(1, 100)) + "data: a\n\n"
        with SseServer(answer(stream), NO_CONTENT) as server:
            run = sse_tail("-v", "--retry-delay", "0", server.url)
        self.assertEqual(run.err.count("the stream asks for"), 1)
        self.assertEqual(run.err.count("sse-field"), 20)
        self.assert_says("connecting again in 99 ms", run)
        with SseServer(answer(stream), NO_CONTENT) as server:
            run = sse_tail(server.url)
        self.assertEqual(len(run.err.splitlines()), 3)  # an odd line, the next connection, the end

    def test_stream_without_events_is_not_asked_for_again_and_again(self):
        with SseServer(*[answer("retry: 0\n\n")] * 1000) as server:
            sse_tail("--max-time", "0.5", server.url)
        self.assertEqual(len(server.requests), 1)
        with SseServer(*[answer("retry: 0\ndata: a\n\n")] * 1000) as server:
            sse_tail("--max-time", "0.5", server.url)
        self.assertLess(len(server.requests), 10)

    def test_id_that_no_field_can_hold_is_not_sent_and_that_is_said(self):
        with SseServer(answer(QUICK + "id: a\x01b\ndata: a\n\n"), answer("data: b\n\n")) as server:
            run = sse_tail(server.url)
            self.assertIsNone(server.field("last-event-id", 1))
            self.assertIsNone(server.field("last-event-id", 2))
        self.assertEqual(run.err.count("cannot be sent"), 1)
        self.assert_says("the last event ID cannot be sent: it holds a control character", run)

    def test_message_without_its_blank_line_is_told_and_not_shown_and_its_id_not_used(self):
        with SseServer(answer(QUICK + "id: 1\ndata: a\n\nid: 2\ndata: lost\nda"),
                       NO_CONTENT) as server:
            run = sse_tail(server.url)
            self.assertEqual(server.field("last-event-id", 1), "1")
        self.assertEqual(run.out, b"a\n")
        self.assert_says('sse-tail: the stream ended inside an event, which is not shown, nor is its '
                         'ID "2" used: "lost\\nda"', run)

    def test_cut_comment_is_nobodys_loss(self):
        with SseServer(answer("data: a\n\n: ping")) as server:
            run = sse_tail("--no-reconnect", server.url)
        self.assertEqual(run.err, "")

    def test_each_event_is_printed_once_when_the_connection_is_cut(self):
        first = head("200 OK", "Transfer-Encoding: chunked") + chunk(QUICK.encode()) + chunk(
            b"id: 1\ndata: a\n\nid: 2\ndata: b")
        with SseServer(first, answer("id: 2\ndata: b\n\nid: 3\ndata: c\n\n")) as server:
            run = sse_tail(server.url)
            self.assertEqual(server.field("last-event-id", 1), "1")
        self.assertEqual(run.out, b"a\nb\nc\n")
        self.assert_exit(0, run)
        self.assert_says("the stream was cut off: ", run)

    def test_reset_connects_again(self):
        first = head("200 OK", "Content-Length: 1000") + b"retry: 5\ndata: a\n\n"

        def script(peer, request):
            peer.send(first)
            self.arrived.recv(1)
            reset(b"")(peer, request)

        # When the event is printed it has arrived.
        self.arrived, told = socket.socketpair()
        with SseServer(script, answer("data: b\n\n")) as server:
            run = sse_tail("--each", f"cat; echo >&{told.fileno()}", server.url, pass_fds=[told.fileno()])
        self.arrived.close()
        told.close()
        self.assertEqual(run.out, b"a\nb\n")
        self.assert_says("the stream was cut off", run)

    def test_cut_and_no_reconnect_is_a_failure_with_the_code_of_curl(self):
        cut = head("200 OK", "Content-Length: 1000") + b"data: a\n\n"
        with SseServer(cut) as server:
            run = sse_tail("--no-reconnect", server.url)
        self.assertEqual(run.out, b"a\n")
        self.assert_exit(18, run)
        self.assert_says("sse-tail: the stream was cut off: ", run)

    def test_post_is_not_repeated(self):
        with SseServer(answer(QUICK + "data: a\n\n"), answer("data: b\n\n")) as server:
            run = sse_tail("--json", '{"q":1}', server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"a\n")
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(server.requests[0][1], b'{"q":1}')
        self.assertTrue(server.requests[0][0].startswith(b"POST / "))
        self.assertEqual(server.field("content-type"), "application/json")
        self.assertEqual(server.field("accept"), "text/event-stream")
        self.assertIsNone(server.field("expect"))

    def test_post_that_was_cut_fails_and_says_what_would_repeat_it(self):
        cut = head("200 OK", "Content-Length: 1000") + b"data: a\n\n"
        with SseServer(cut) as server:
            run = sse_tail("-d", "q=1", server.url)
        self.assert_exit(18, run)
        self.assert_says("hint: --retry-post sends a POST again, too", run)
        self.assertEqual(len(server.requests), 1)

    def test_post_is_repeated_when_asked_for(self):
        with SseServer(answer(QUICK + "data: a\n\n"), answer("data: b\n\n")) as server:
            run = sse_tail("-d", "q=1", "--retry-post", server.url)
        self.assertEqual(run.out, b"a\nb\n")
        self.assertEqual([body for _, body in server.requests], [b"q=1"] * 3)

    def test_busy_server_is_asked_again_when_it_says(self):
        for status in ("429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable",
                       "504 Gateway Timeout"):
            with self.subTest(status):
                with SseServer(answer(QUICK + "data: a\n\n"), empty(status, "Retry-After: 1"),
                               answer("data: b\n\n")) as server:
                    begun = time.monotonic()
                    run = sse_tail(server.url)
                self.assertEqual(run.out, b"a\nb\n")
                self.assert_exit(0, run)
                self.assertGreaterEqual(time.monotonic() - begun, 1)
                self.assert_says(f"the server answered {status}; connecting again in ", run)

    def test_busy_server_at_the_first_attempt_is_a_failure_unless_retry(self):
        with SseServer(empty("503 Service Unavailable", "Retry-After: 0")) as server:
            run = sse_tail(server.url)
        self.assert_exit(22, run)
        self.assert_says("sse-tail: the server answered 503 Service Unavailable\n"
                         "hint: --retry N tries it N times more", run)
        with SseServer(empty("503 Service Unavailable"), answer("data: a\n\n")) as server:
            run = sse_tail("--retry", "1", "--retry-delay", "5ms", server.url)
        self.assertEqual(run.out, b"a\n")

    def test_server_that_says_nothing_to_a_request_in_clear_may_speak_tls(self):
        with SseServer(b"") as server:
            run = sse_tail(server.url)
        self.assert_exit(52, run)
        self.assert_says("sse-tail: the server ended the connection without an answer\n"
                         f"hint: if the port speaks TLS, use https{server.url[4:]}", run)

    def test_strict_takes_any_status_but_200_for_good(self):
        for status in ("204 No Content", "503 Service Unavailable", "429 Too Many Requests"):
            with self.subTest(status):
                with SseServer(answer(QUICK + "data: a\n\n"), empty(status)) as server:
                    run = sse_tail("--strict", server.url)
                self.assert_exit(22, run)
                self.assertEqual(len(server.requests), 2)

    def test_statuses_that_no_browser_takes_end_it(self):
        for status in ("205 Reset Content", "210 Odd", "299 Odd", "404 Not Found", "410 Gone",
                       "500 Internal Server Error"):
            with self.subTest(status):
                with SseServer(answer(b"the \x1b[2J reason\n", status, "X-Why: \x1b because",
                                      type="text/plain")) as server:
                    run = sse_tail(server.url)
                self.assert_exit(22, run)
                self.assertEqual(run.out, b"")
                self.assert_says(f"HTTP/1.1 {status}\n", run)
                self.assert_says("X-Why: \\x1b because\n", run)
                if status[:3] != "205":
                    self.assert_says("the \\x1b[2J reason\n", run)
                self.assert_says(f"sse-tail: the server answered {status}\n", run)

    def test_redirects_are_followed_and_the_next_connection_starts_over(self):
        for status in ("301 Moved Permanently", "302 Found", "303 See Other",
                       "307 Temporary Redirect", "308 Permanent Redirect"):
            with self.subTest(status):
                to_b = empty(status, "Location: /b")
                with SseServer(to_b, answer(QUICK + "data: a\n\n"), to_b,
                               answer("data: b\n\n"), NO_CONTENT) as server:
                    run = sse_tail("--to", "jsonl", server.url)
                    paths = [request.split()[1] for request, _ in server.requests]
                self.assertEqual([m["data"] for m in run.lines("message")], ["a", "b"], str(run))
                self.assertEqual(paths, [b"/", b"/b", b"/", b"/b", b"/"])
                self.assertTrue(run.lines("open")[0]["url"].endswith("/b"))

    def test_redirect_without_a_place_to_go_to_is_a_failure(self):
        for status in ("301 Moved Permanently", "307 Temporary Redirect"):
            with self.subTest(status):
                with SseServer(empty(status)) as server:
                    run = sse_tail(server.url)
                self.assert_exit(22, run)
                self.assert_says("without a Location", run)

    def test_redirects_without_end_are_a_failure(self):
        with SseServer(*[empty("302 Found", "Location: /")] * 30) as server:
            run = sse_tail(server.url)
        self.assert_exit(47, run)
        self.assertEqual(len(server.requests), 21)

    def test_credentials_do_not_follow_a_redirect_to_another_host(self):
        with SseServer(answer("data: a\n\n"), answer("data: a\n\n")) as other:
            for options in (["-u", "me:secret"], ["-H", "Authorization: Bearer secret"],
                            ["-H", "X-Api-Key: secret"],
                            ["-b", "session=secret"], ["-H", "Cookie: session=secret"]):
                with self.subTest(options):
                    with SseServer(empty("302 Found", f"Location: {other.url}")) as server:
                        run = sse_tail("--count", "1", *options, server.url)
                        self.assertIn(b"secret" if options[0] != "-u" else b"Basic",
                                      server.requests[0][0])
                    self.assertIn(run.exit, (0,), str(run))
                    request = other.requests.pop()[0]
                    self.assertNotIn(b"uthorization", request)
                    self.assertNotIn(b"ookie", request)
                    self.assertNotIn(b"secret", request)
                    self.assert_says("sse-tail: not sent to another server, http://127.0.0.1:", run)
                    other._answers += (answer("data: a\n\n"),)

    def test_unreachable_server_is_told_and_fails_with_the_code_of_curl(self):
        run = sse_tail(f"http://127.0.0.1:{unused_port()}/")
        self.assert_exit(7, run)
        self.assert_says("Connection refused", run)

    def test_retry_limits_failures_in_a_row(self):
        run = sse_tail("--retry", "1", "--retry-delay", "1ms", f"http://127.0.0.1:{unused_port()}/")
        self.assert_exit(7, run)
        self.assert_says("Connection refused; connecting again in ", run)
        self.assert_says("Connection refused; giving up after 2 failures in a row", run)

    def test_answer_that_is_no_http_is_not_tried_again(self):
        with SseServer(b"SSH-2.0-OpenSSH_9.2\r\n") as server:
            run = sse_tail("--retry", "5", server.url)
        self.assert_exit(100, run)
        self.assertEqual(len(server.requests), 1)


if __name__ == "__main__":
    main()
