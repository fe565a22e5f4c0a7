#!/usr/bin/python3
"""What a person sees of sse-tail: on a pseudo terminal, put together as a terminal does it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time

from harness import TIME_LIMIT, TestCase, main
from sse_harness import SSE_TAIL, SseServer, answer, head

COLUMNS = 70


class Terminal:
    """A process with a terminal for standard output and error. `output` is every byte that came."""

    def __init__(self, *arguments, columns=COLUMNS, term="xterm"):
        self.fd, inside = pty.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [SSE_TAIL, *arguments], stdin=inside, stdout=inside, stderr=inside,
            env={**os.environ, "TERM": term, "NO_COLOR": "", "TZ": "UTC"}, start_new_session=True)
        os.close(inside)
        self.output = b""

    def read_until(self, text):
        deadline = time.monotonic() + TIME_LIMIT
        while not re.search(text, self.screen()):
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"{text!r} does not come: {self.output!r}")
            if not self._read():
                raise AssertionError(f"{text!r} did not come: {self.output!r}")

    def _read(self):
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            return False
        self.output += data
        return bool(data)

    def finish(self, signum=None):
        if signum:
            self.process.send_signal(signum)
        while self._read():
            pass
        os.close(self.fd)
        return self.process.wait(TIME_LIMIT)

    def screen(self):
        """The lines: colours gone, and what a carriage return and an erasure take away."""
        lines = []
        for line in self.output.decode(errors="replace").split("\n"):
            line = re.sub("\x1b\\[[0-9;]*m", "", line.removesuffix("\r"))
            while "\r\x1b[K" in line:
                line = line.split("\r\x1b[K", 1)[1]
            lines.append(line)
        return "\n".join(lines)


class Look(TestCase):
    def test_event_is_a_line_with_columns_in_colour(self):
        with SseServer(answer('id: 1\ndata: a\ndata: b\n\nevent: tick\ndata: {"n":1}\n\n')) as server:
            terminal = Terminal("--no-reconnect", server.url)
            self.assertEqual(terminal.finish(), 0)
        self.assertRegex(terminal.screen(),
                         r"^\d\d:\d\d:\d\d\.\d{3}  message  1  a\\nb\n"
                         r"\d\d:\d\d:\d\d\.\d{3}  tick     1  {\"n\":1}\n$")
        self.assertIn(b"\x1b[36mtick", terminal.output)

    def test_wide_line_is_shortened_in_the_middle_unless_full(self):
        data = "begin" + "x" * 500 + "end"
        for options, width in (((), COLUMNS), (("--full",), 12 + 2 + 7 + 2 + len(data))):
            with self.subTest(options):
                with SseServer(answer(f"data: {data}\n\n")) as server:
                    terminal = Terminal("--no-reconnect", *options, server.url)
                    terminal.finish()
                line = terminal.screen().split("\n")[0]
                self.assertEqual(len(line), width)
                self.assertIn("  begin", line)
                self.assertTrue(line.endswith("end"))

    def test_nothing_from_the_network_drives_the_terminal(self):
        evil = "\x1b]0;pwn\x07\x1b[2J\u202e\u2066\u0085\x9b31m\r"
        stream = (f"retry: 5\n: {evil[:-1]}\nevent: {evil[:-1]}\nid: {evil[:-1]}\n"
                  f"data: {evil[:-1]}\ndata: x\n\n{evil[:-1]}\n\ndata: {evil[:-1]}")
        for format in ("pretty", "data", "raw", "jsonl"):
            with self.subTest(format):
                with SseServer(answer(stream), answer(evil, "404 " + evil[:-1])) as server:
                    terminal = Terminal("--to", format, "--comments", "--color", "never", server.url)
                    self.assertEqual(terminal.finish(), 22)
                seen = terminal.output.replace(b"\r\x1b[K", b"").replace(b"\r\n", b"\n").decode()
                bad = {c for c in seen if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) <= 0x9F
                       or c in "\u202e\u2066"}
                self.assertEqual(bad, set(), seen)

    def test_data_on_a_terminal_keeps_its_lines(self):
        with SseServer(answer("data: a\ndata: \tb\n\n")) as server:
            terminal = Terminal("--no-reconnect", "--to", "data", server.url)
            terminal.finish()
        self.assertEqual(terminal.screen(), "a\n\tb\n")


class Answer(TestCase):
    """--llm on a terminal."""

    STREAM = ('data: {"choices":[{"delta":{"reasoning":"Hm\\u001b[2J."}}]}\n\n'
              'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n'
              'data: {"choices":[{"delta":{"content":"lo\\u202e"}}]}\n\n'
              'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":'
              '{"name":"look","arguments":"{}"}}]}}]}\n\ndata: [DONE]\n\n')

    def test_what_is_no_text_has_lines_of_its_own(self):
        with SseServer(answer(self.STREAM)) as server:
            terminal = Terminal("--llm", "openai", server.url)
            self.assertEqual(terminal.finish(), 0)
        self.assertEqual(terminal.screen(),
                         "[reasoning] Hm\\x1b[2J.\nHello\\u202e\n[tool look] {}\n"
                         "sse-tail: 4 chunks, 6 characters; calls look\n")
        self.assertIn(b"\x1b[2m[reasoning] ", terminal.output)

    def test_status_leaves_a_line_of_text_alone(self):
        shown = threading.Semaphore(0)

        def script(peer, _request):
            peer.send(head())
            for data in (self.STREAM.split("\n\n")[1].encode() + b"\n\n", b""):
                shown.acquire(timeout=TIME_LIMIT)
                peer.send(data)

        with SseServer(script) as server:
            # Longer than it takes for the line to come.
            terminal = Terminal("--llm", "openai", "--idle-timeout", "1", server.url)
            terminal.read_until("^waiting for the first event$")
            shown.release()
            self.assertEqual(terminal.finish(), 28)
            shown.release()
        self.assertEqual(terminal.output.split(b"Hel")[1].count(b"\r\x1b[K"), 0)
        self.assertRegex(terminal.screen(), r"^Hel\nsse-tail: (.*\n)+$")


class Status(TestCase):
    """The line that comes when nothing else does."""

    def test_waiting_shows_and_is_gone_when_something_comes(self):
        shown = threading.Semaphore(0)

        def script(peer, _request):
            peer.send(head())
            for data in (b"data: a\n\n", b"data: b\n\n", b""):
                shown.acquire(timeout=TIME_LIMIT)
                peer.send(data)

        with SseServer(script) as server:
            terminal = Terminal("--no-reconnect", server.url)
            for text in (r"^waiting for the first event$", r"message  a\nwaiting$",
                         r"message  b\nwaiting$"):
                terminal.read_until(text)
                shown.release()
            self.assertEqual(terminal.finish(), 0)
        self.assertRegex(terminal.screen(), r"^\S+  message  a\n\S+  message  b\n$")

    def test_reconnection_is_counted_down(self):
        with SseServer(answer("retry: 100000\ndata: a\n\n")) as server:
            terminal = Terminal(server.url)
            terminal.read_until(r"connecting again in 100 s\nconnecting again in (100|99) s$")
            self.assertEqual(terminal.finish(signal.SIGINT), 130)
        self.assertTrue(terminal.screen().endswith("connecting again in 100 s\n"))

    def test_no_status_where_it_would_be_in_the_way(self):
        for options, term in ((("-s",), "xterm"), (("--to", "raw"), "xterm"), ((), "dumb"),
                              (("--each", "true"), "xterm")):
            with self.subTest(options, term=term):
                over = threading.Event()

                def script(peer, _request):
                    peer.send(head() + b"data: a\n\n")
                    over.wait(TIME_LIMIT)

                with SseServer(script) as server:
                    # Longer than it takes for the line to come.
                    terminal = Terminal("--idle-timeout", "0.5", *options, server.url, term=term)
                    self.assertEqual(terminal.finish(), 28)
                    over.set()
                self.assertNotIn(b"waiting", terminal.output)


if __name__ == "__main__":
    main()
