#!/usr/bin/python3
"""sse-tail --write-out: variables with the meaning that they have in curl, where the text goes, and
who may keep it waiting."""

import json
import os
import pathlib
import resource
import signal
import tempfile

from harness import TIME_LIMIT, Echo, TestCase, main
from sse_harness import Hold, SseServer, answer, empty, end, sse_tail, start_sse_tail

# A timer may fire up to this much earlier than the one before it had it, in seconds.
RESOLUTION = 0.002

FOUR = "".join(f"data: {text}\n\n" for text in ("a", "b", "é€")) + "event: role\ndata:\n\n"


class Times(TestCase):
    def test_written_out_times_are_those_of_curl(self):
        echo = Echo()
        self.addCleanup(echo.stop)
        url = f"http://127.0.0.1:{echo.port}/sse?"
        run = sse_tail("--no-reconnect", "-w", "%{json}", "--to", "raw",
                       url + "ttft=50ms&interval=1ms&count=3")
        self.assert_exit(0, run)
        out = json.loads(run.out[run.out.rindex(b"\n") + 1 :])
        times = [out[name] for name in ("time_namelookup", "time_connect", "time_starttransfer",
                                        "time_ttft", "time_total")]
        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual(out["time_ttft"], 0.05 - RESOLUTION)
        self.assertAlmostEqual(out["time_ttft"], out["sent"] + out["ttft"], places=4)
        self.assertEqual(out["url"], url + "ttft=50ms&interval=1ms&count=3")
        self.assertEqual(out["http_code"], 200)
        self.assertIsNone(out["errormsg"])

    def test_connection_is_known_without_an_answer(self):
        hold = Hold(b"")
        with SseServer(hold) as server:
            run = sse_tail("-s", "--idle-timeout", "50ms", "-w", "%{json}", server.url)
            hold.release()
        self.assert_exit(28, run)
        out = json.loads(run.out)
        self.assertGreater(out["time_connect"], 0)
        self.assertGreaterEqual(out["sent"], out["time_connect"])
        self.assertIsNone(out["ttfb"])


class WriteOut(TestCase):
    def test_is_written_after_the_events(self):
        with SseServer(answer(FOUR)) as server:
            run = sse_tail("--no-reconnect", "-w", "%{http_code} %{exitcode} %{chunks}%%\\n",
                           server.url)
        self.assertEqual(run.out, "a\nb\né€\n\n200 0 3%\n".encode())
        self.assertEqual(run.err, "")

    def test_streams_and_unknown_names(self):
        with SseServer(answer(FOUR)) as server:
            run = sse_tail("--no-reconnect", "-s", "--count", "1", "-w",
                           "%{stderr}%{method}\\n%{stdout}%{nonsense}%{content_type}", server.url)
        self.assertEqual(run.out, b"a\ntext/event-stream")
        self.assertEqual(run.err, "GET\n")
        with SseServer(answer(FOUR)) as server:
            run = sse_tail("--no-reconnect", "--count", "1", "-w", "%{nonsense}", server.url)
        self.assert_says("sse-tail: unknown variable in --write-out: nonsense\n", run)

    def test_tells_of_a_failure(self):
        with SseServer(empty("302 Found", "Location: /there"), empty("404 Not Found")) as server:
            run = sse_tail("-s", "-w", "%{url_effective} %{num_redirects} %{http_code}\\n"
                                       "%{onerror}%{errormsg}|%{ttft}|", server.url)
        self.assert_exit(22, run)
        self.assertEqual(run.out.decode(), f"{server.url}there 1 404\n"
                                           "the server answered 404 Not Found||")
        run = sse_tail("-s", "-w", "%{http_code} %{http_version}", "http://127.0.0.1:1/")
        self.assert_exit(7, run)
        self.assertEqual(run.out, b"000 0")

    def test_silence_is_not_for_what_was_asked_for(self):
        with SseServer(*[answer(FOUR)] * 2) as server:
            run = sse_tail("-s", "--stats", "--timing", "--repeat", "2", "--count", "1", server.url)
        self.assertRegex(run.err, r"(?s)^received 1 event, .*\nrun 1: .*\nreceived .*\nrun 2: .*"
                                  r"\n2 runs ")

    def test_recording_that_is_not_complete_is_a_failure(self):
        small = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
        with tempfile.TemporaryDirectory() as folder, SseServer(answer(FOUR)) as server:
            run = sse_tail("-s", "--count", "1", "--record", pathlib.Path(folder, "record"), "-w",
                           "%{exitcode}", server.url, preexec_fn=small, restore_signals=False)
        self.assert_exit(23, run)
        self.assertEqual(run.out, b"a\n23")

    def test_id_that_is_not_kept_is_an_error(self):
        with SseServer(answer("id: 7\ndata: x\n\n")) as server:
            run = sse_tail("--id-file", "/dev/full", "-w", "%{errormsg}", server.url)
        self.assert_exit(23, run)
        self.assertEqual(run.out, b"x\ncannot write /dev/full: No space left on device")

    def test_redirect_counts(self):
        with SseServer(empty("302 Found", "Location: /there"), answer(FOUR)) as server:
            run = sse_tail("-s", "--no-reconnect", "-d", "x", "--count", "1", "-w",
                           "%{stderr}%{json}", server.url)
        self.assert_exit(0, run)
        out = json.loads(run.err)
        self.assertEqual((out["method"], out["num_redirects"]), ("GET", 1))
        self.assertGreater(out["time_redirect"], 0)
        self.assertGreaterEqual(out["time_starttransfer"], out["time_redirect"])

    def test_body_of_a_refusal_was_downloaded(self):
        with SseServer(answer("sorry", "404 Not Found", type="text/plain")) as server:
            run = sse_tail("-s", "-w", "%{size_download}", server.url)
        self.assert_exit(22, run)
        self.assertEqual(run.out, b"5")

    def test_format_may_stand_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder, SseServer(answer(FOUR)) as server:
            path = pathlib.Path(folder, "format")
            path.write_text("%{scheme}\n%{http_version}\\n\n")
            run = sse_tail("--no-reconnect", "--count", "1", "-w", f"@{path}", server.url)
        self.assertEqual(run.out, b"a\nhttp1.1\n")
        run = sse_tail("-w", "@/nonexistent/format", "http://127.0.0.1:9/")
        self.assert_exit(26, run)

    def start_with_a_long_format(self, url, *options, **more):
        """It writes more than a pipe holds, and has said so when this returns."""
        process = start_sse_tail("--no-reconnect", "-w",
                                 "%{stderr}now\\n%{stdout}" + "w" * 100_000, *options, url, **more)
        self.assertEqual(process.stderr.readline(), b"now\n")
        return process

    def test_signal_ends_it_while_nobody_reads(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with SseServer(answer("")) as server:
                process = self.start_with_a_long_format(server.url)
                process.send_signal(number)
                self.assertEqual(process.wait(TIME_LIMIT), code)
                self.assertEqual(end(process), (code, ""))

    def test_waits_for_a_slow_reader(self):
        with SseServer(answer("")) as server:
            process = self.start_with_a_long_format(server.url)
            out, err = process.communicate(timeout=TIME_LIMIT)
        self.assertEqual((process.returncode, err, out), (0, b"", b"w" * 100_000))

    def test_output_may_be_non_blocking(self):
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        with SseServer(answer("")) as server, open(reading, "rb") as reader:
            process = self.start_with_a_long_format(server.url, stdout=writing)
            os.close(writing)
            self.assertEqual(reader.read(), b"w" * 100_000)
            self.assertEqual(end(process), (0, ""))

    def test_reader_that_is_gone_is_no_failure(self):
        with SseServer(answer("")) as server:
            process = start_sse_tail("--no-reconnect", "-w", "x", server.url)
            process.stdout.close()
            self.assertEqual(process.wait(), 0)
            process.stderr.close()

    def test_unknown_name_is_told_once_and_at_once(self):
        with SseServer(*[answer(FOUR)] * 2) as server:
            run = sse_tail("--stats", "--repeat", "2", "--count", "1", "-w",
                           "%{onerror}%{nonsense}", server.url)
        self.assert_exit(0, run)
        self.assertRegex(run.err, r"^sse-tail: unknown variable in --write-out: nonsense\n"
                                  r"(received .*\n){2}$")

    def test_fields_of_the_answer(self):
        body = answer(FOUR, "200 OK", "X-Model: some\x1b[1m")
        with SseServer(*[body] * 2) as server:
            run = sse_tail("-s", "--count", "1", "-w", "%header{x-model}%{STDERR}%header{X-MODEL}",
                           server.url)
        self.assertEqual((run.out, run.err), (b"a\nsome\x1b[1m", "some\\x1b[1m"))

    def test_closed_output_is_no_failure_when_nothing_is_for_it(self):
        closed = {"preexec_fn": lambda: os.close(1)}
        with SseServer(answer(FOUR)) as server:
            run = sse_tail("--count", "1", "--each", "true", "-w", "%{stderr}%{chunks}", server.url,
                           **closed)
        self.assert_exit(0, run)
        self.assertEqual(run.err, "1")
        run = sse_tail("--each", "true", "-w", "%{stderr}x%{stdout}%{errormsg}",
                       "http://127.0.0.1:9/", **closed)
        self.assert_exit(23, run)


if __name__ == "__main__":
    main()
