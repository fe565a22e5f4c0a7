#!/usr/bin/python3
"""Where sse-tail ends, and the commands of --each that it may leave behind: against servers that follow
a script."""

import fcntl
import os
import pathlib
import select
import signal
import subprocess
import tempfile
import threading
import time

from harness import SANITIZED, TIME_LIMIT, TestCase, main
from sse_harness import (Hold, SSE_TAIL, SseServer, answer, end, head, sse_tail, start_sse_tail,
                         wait_for_output)

STREAM = (": hello\nretry: 7\nid: 1\ndata: a\ndata: b\n\nevent: tick\ndata: {\"n\":1}\n\n"
          "data: [DONE]\n\nevent: end\ndata: x\n\n")


class Commands(TestCase):
    def test_each_runs_a_command_for_each_event_one_at_a_time(self):
        with SseServer(answer(STREAM)) as server:
            run = sse_tail("--no-reconnect", "--each",
                           'echo "$SSE_COUNT $SSE_EVENT $SSE_ID $SSE_URL"; cat; echo end',
                           "--event", "message", server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out.decode(), f"1 message 1 {server.url}\na\nb\nend\n"
                                           f"2 message 1 {server.url}\n[DONE]\nend\n")

    def test_command_need_not_read_and_events_are_printed_when_asked_for(self):
        large = "x" * (1 << 20)
        with SseServer(answer(f"data: {large}\n\ndata: b\n\n")) as server:
            run = sse_tail("--no-reconnect", "--to", "data", "--each", "true", server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out.decode(), f"{large}\nb\n")

    def test_stream_waits_for_the_command(self):
        with tempfile.TemporaryDirectory() as folder:
            fifo = pathlib.Path(folder, "fifo")
            os.mkfifo(fifo)
            with SseServer(answer("".join(f"data: {n}\n\n" for n in range(3)))) as server:
                process = start_sse_tail("--no-reconnect", "--each", f"cat; cat {fifo}", server.url)
                self.assertEqual(wait_for_output(process), b"0\n")
                for word in (b"1\n", b"2\n"):
                    self.assertFalse(select.select([process.stdout], [], [], 0.05)[0])
                    fifo.write_bytes(b"")
                    self.assertEqual(wait_for_output(process), word)
                fifo.write_bytes(b"")
                code, _ = end(process)
        self.assertEqual(code, 0)

    def test_command_that_fails_ends_it_with_its_exit_code(self):
        with SseServer(answer("data: 1\n\ndata: 2\n\n")) as server:
            run = sse_tail("--each", "cat; exit 7", server.url)
        self.assert_exit(7, run)
        self.assertEqual(run.out, b"1\n")
        self.assert_says("sse-tail: --each ended with exit code 7", run)

    def test_count_waits_for_the_last_command(self):
        with SseServer(answer("data: 1\n\ndata: 2\n\n")) as server:
            run = sse_tail("--count", "1", "--each", "cat; echo done", server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"1\ndone\n")


    def test_long_id_is_empty_for_the_command(self):
        for size, seen in ((64 << 10, 64 << 10), ((64 << 10) + 1, 0)):
            with SseServer(answer(f"id: {'i' * size}\nevent: {'e' * size}\ndata: a\n\n")) as server:
                run = sse_tail("--no-reconnect", "--each", "echo ${#SSE_ID} ${#SSE_EVENT}", server.url)
            self.assert_exit(0, run)
            self.assertEqual(run.out, f"{seen} {seen}\n".encode())

    def test_command_that_cannot_be_started_has_failed(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "id")
            with SseServer(answer("id: 1\ndata: a\n\n")) as server:
                run = sse_tail("--id-file", path, "--each", "true", server.url, env={"PATH": folder})
            self.assert_exit(23, run)
            self.assertFalse(path.exists())

    def test_command_that_runs_is_waited_for(self):
        for command, kept in (("true", True), ("false", False)):
            with self.subTest(command), tempfile.TemporaryDirectory() as folder:
                path, fifo = pathlib.Path(folder, "id"), pathlib.Path(folder, "fifo")
                os.mkfifo(fifo)
                hold = Hold(head() + b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n")
                with SseServer(hold) as server:
                    process = start_sse_tail("--id-file", path, "--each",
                                             f"cat; cat {fifo}; {command}", server.url)
                    self.assertEqual(wait_for_output(process), b"a\n")
                    process.send_signal(signal.SIGINT)
                    with self.assertRaises(subprocess.TimeoutExpired):
                        process.wait(0.1)
                    fifo.write_bytes(b"")
                    self.assertEqual(end(process), (130, ""))
                    hold.release()
                self.assertEqual(path.read_text() if path.exists() else None, "1\n" if kept else None)

    def test_command_is_ended_by_sigterm_and_when_time_is_up(self):
        for options, code in (((), 143), (("--max-time", "0.3"), 28)):
            with self.subTest(options), tempfile.TemporaryDirectory() as folder:
                path, told = pathlib.Path(folder, "id"), pathlib.Path(folder, "told")
                os.mkfifo(told)
                hold = Hold(head() + b"id: 1\ndata: a\n\n")
                with SseServer(hold) as server:
                    process = start_sse_tail(
                        *options, "--id-file", path, "--each",
                        f"trap 'echo ended >{told}; exit 3' TERM; cat; while :; do sleep 0.02; done",
                        server.url)
                    self.assertEqual(wait_for_output(process), b"a\n")
                    if not options:
                        process.terminate()
                    self.assertEqual(told.read_text(), "ended\n")
                    self.assertEqual(process.wait(TIME_LIMIT), code)
                    end(process)
                    hold.release()
                self.assertFalse(path.exists())


class Ends(TestCase):
    def test_interrupt_ends_cleanly(self):
        hold = Hold(head() + b"id: 1\ndata: a\n\nid: 2\ndata: b")
        with tempfile.TemporaryDirectory() as folder, SseServer(hold) as server:
            id_file = pathlib.Path(folder, "id")
            process = start_sse_tail("--id-file", id_file, server.url)
            self.assertEqual(wait_for_output(process), b"a\n")
            process.send_signal(signal.SIGINT)
            code, err = end(process)
            hold.release()
            self.assertEqual((code, err), (130, ""))
            self.assertEqual(id_file.read_text(), "1\n")

    def test_second_interrupt_ends_it_whatever_holds_it_up(self):
        hold = Hold(b"", b"HTTP/1.1 200 OK\r\nX: " + b"\x1b" * 12000 + b"\r\n\r\n")
        with SseServer(hold) as server:
            process = start_sse_tail("-v", server.url)
            fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
            hold.release()  # a head that the pipe does not take
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)
            self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(TIME_LIMIT), -signal.SIGINT)
            end(process)
            hold.release()

    def test_time_is_up_even_when_nobody_reads_standard_error(self):
        hold = Hold(b"", b"HTTP/1.1 200 OK\r\nX: " + b"\x1b" * 12000 + b"\r\n\r\n")
        with SseServer(hold) as server:
            process = start_sse_tail("-v", "--max-time", "0.2", server.url)
            fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
            hold.release()
            self.assertEqual(process.wait(TIME_LIMIT), 28)
            end(process)
            hold.release()

    def test_closed_standard_output_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder, SseServer(answer("id: 1\ndata: a\n\n")) as server:
            path = pathlib.Path(folder, "id")
            run = subprocess.run(["sh", "-c", '"$@" >&-', "sh", SSE_TAIL, "--id-file", path, server.url],
                                 capture_output=True, timeout=TIME_LIMIT)
            self.assertEqual(server.requests, [])
            self.assertFalse(path.exists())
        self.assertEqual(run.returncode, 23)
        self.assertIn(b"cannot write to standard output: it is closed", run.stderr)

    def test_idle_timeout(self):
        for pieces in ((), (head(),), (head() + b"data: a\n\n",)):
            with self.subTest(pieces):
                hold = Hold(*(pieces or (b"",)))
                with SseServer(hold) as server:
                    run = sse_tail("--idle-timeout", "0.05", server.url)
                    hold.release()
                self.assert_exit(28, run)
                self.assert_says("nothing came for 50 ms (--idle-timeout)", run)

    def test_max_time(self):
        hold = Hold(head() + b"data: a\n\n")
        with SseServer(hold) as server:
            run = sse_tail("-m", "0.2", server.url)
            hold.release()
        self.assert_exit(28, run)
        self.assertEqual(run.out, b"a\n")

    def test_reader_that_has_enough_is_no_failure(self):
        endless = (b"data: " + b"x" * 1000 + b"\n\n") * 100

        def script(peer, _request):
            peer.send(head())
            while True:
                peer.send(endless)

        with tempfile.TemporaryDirectory() as folder, SseServer(script) as server:
            code = pathlib.Path(folder, "code")
            subprocess.run(["sh", "-c", f'("$0" "$1"; echo $? >{code}) | head -n 1', SSE_TAIL,
                            server.url], check=True, capture_output=True, timeout=TIME_LIMIT)
            self.assertEqual(code.read_text(), "0\n")

    def test_slow_reader_holds_the_server_up(self):
        block = (b"data: " + b"x" * 1017 + b"\n\n") * 64
        sent = []

        def script(peer, _request):
            peer.send(head())
            peer.sock.settimeout(0.5)
            try:
                while len(sent) < 4096:  # 256 MiB
                    peer.send(block)
                    sent.append(1)
            except TimeoutError:
                pass
            peer.sock.settimeout(TIME_LIMIT)
            self.stuck.set()
            self.read.wait(TIME_LIMIT)

        self.stuck, self.read = threading.Event(), threading.Event()
        with SseServer(script) as server:
            process = start_sse_tail(server.url)
            self.assertTrue(self.stuck.wait(TIME_LIMIT))
            self.assertLess(len(sent), 1024)
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            peak = int(status.split("VmHWM:")[1].split()[0])
            if not SANITIZED:
                self.assertLess(peak, 40 << 10)  # KiB
            self.read.set()
            process.kill()
            end(process)


if __name__ == "__main__":
    main()
