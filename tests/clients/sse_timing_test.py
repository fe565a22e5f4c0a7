#!/usr/bin/python3
"""sse-tail --timing, --fail-if and --repeat, on streams that a server paces by itself.
Numbers are compared with what was asked for and with each other; how fast the machine is does not
matter."""

import json
import os
import signal

from harness import TIME_LIMIT, Echo, TestCase, main
from sse_harness import (Hold, SseServer, answer, chunk, empty, end, head, sse_tail, start_sse_tail,
                         wait_for_output)

# A timer may fire up to this much earlier than the one before it had it, in microseconds.
RESOLUTION = 2000

FOUR = "".join(f"data: {text}\n\n" for text in ("a", "b", "é€")) + "event: role\ndata:\n\n"


def timing_of(run):
    (line,) = run.lines("timing")
    return line


def measure(url, *options):
    run = sse_tail("--no-reconnect", "--to", "jsonl", "--timing", "-s", *options, url)
    if run.exit != 0:
        raise AssertionError(str(run))
    return timing_of(run)


class Paced(TestCase):
    """Streams of stream-echo, which has timers of its own."""

    @classmethod
    def setUpClass(cls):
        cls.echo = Echo()
        cls.addClassCleanup(cls.echo.stop)
        cls.url = f"http://127.0.0.1:{cls.echo.port}/sse?"

    def test_points_come_in_order(self):
        line = measure(self.url + "ttft=60ms&interval=10ms&count=5")
        points = [line[name + "_us"] for name in ("ttfb", "first_byte", "first_comment",
                                                  "first_event", "ttft", "last_content", "end")]
        self.assertEqual(points, sorted(points))
        self.assertGreaterEqual(line["ttft_us"], 60_000 - RESOLUTION)
        self.assertLess(line["first_comment_us"], line["ttft_us"])
        self.assertGreaterEqual(line["last_content_us"], 60_000 + 4 * 10_000 - RESOLUTION)
        self.assertGreaterEqual(line["sent_us"], line["connect_us"])
        self.assertEqual((line["tls_us"], line["redirect_us"]), (0, 0))
        self.assertNotIn("tpot_us", line)

    def test_gaps_are_those_of_the_server(self):
        quick = measure(self.url + "interval=5ms&count=8", "--event", "message")
        slow = measure(self.url + "interval=30ms&count=8", "--event", "message")
        self.assertEqual((quick["chunks"], slow["chunks"]), (8, 8))
        # What is late shortens the gap behind it, but never all of them.
        self.assertGreaterEqual(quick["gap_max_us"], 5_000 - RESOLUTION)
        self.assertGreaterEqual(slow["gap_max_us"], 30_000 - RESOLUTION)
        self.assertGreater(slow["gap_p50_us"], quick["gap_p50_us"])
        for line in (quick, slow):
            gaps = [line[f"gap_{name}_us"] for name in ("min", "p50", "p90", "p95", "p99", "max")]
            self.assertEqual(gaps, sorted(gaps))

    def test_burst_after_a_silence_looks_buffered(self):
        run = sse_tail("--no-reconnect", "--timing", self.url + "ttft=600ms&interval=0&count=20")
        self.assert_says("looks buffered      21 chunks in ", run)
        self.assert_says("hint: proxies pass on what has X-Accel-Buffering: no\n", run)
        even = sse_tail("--no-reconnect", "--timing",
                        self.url + "ttft=200ms&interval=50ms&count=10")
        self.assertNotIn("buffered", even.err)

    def test_stalls_are_longer_than_is_said(self):
        line = measure(self.url + "interval=100ms&count=4", "--stall", "10ms", "--event", "message")
        self.assertEqual(line["stalls"], 3)
        self.assertGreaterEqual(line["stall_max_us"], 100_000 - RESOLUTION)
        self.assertIn(line["stall_at"], (2, 3, 4))
        line = measure(self.url + "interval=1ms&count=4", "--stall", "1h")
        self.assertEqual((line["stalls"], line["stall_max_us"], line["stall_at"]), (0, 0, 0))

    def test_report_is_for_people(self):
        run = sse_tail("--no-reconnect", "--timing", self.url + "ttft=30ms&interval=5ms&count=4")
        self.assert_exit(0, run)
        self.assertRegex(run.err, r"(?m)^timing since the request was sent$")
        for line in (r"  before it           [\d.]+ ms +dns [\d.]+ ms, connect [\d.]+ ms",
                     r"  ttfb                [\d.]+ ms +the answer",
                     r"  ttft                [\d.]+ ms +the first content",
                     r"  inter-chunk latency 4 gaps, mean [\d.]+ ms, min [\d.]+ ms, max [\d.]+ ms",
                     r"  rates               [\d.]+ chunks/s, [\d.]+ chars/s, .*"):
            self.assertRegex(run.err, rf"(?m)^{line}$")
        self.assertNotIn("tls", run.err)
        self.assertNotIn("tok", run.err)
        self.assertNotIn("\x1b", run.err)

    def test_limits_decide_over_the_exit_code(self):
        url = self.url + "ttft=20ms&interval=1ms&count=3"
        good = sse_tail("--no-reconnect", "--fail-if", "ttft>1h", "--fail-if", "chunks<4", url)
        self.assert_exit(0, good)
        self.assertEqual(good.err, "")
        bad = sse_tail("--no-reconnect", "--fail-if", "ttft>1ms", "--fail-if", "ttft<1h", url)
        self.assert_exit(102, bad)
        self.assertRegex(bad.err, r"^sse-tail: ttft is [\d.]+ m?s, more than 1 ms "
                                  r"\(--fail-if 'ttft>1ms'\)\n"
                                  r"sse-tail: ttft is [\d.]+ m?s, less than 3600 s "
                                  r"\(--fail-if 'ttft<1h'\)\n$")

    def test_runs_follow_each_other(self):
        run = sse_tail("--no-reconnect", "--timing", "--repeat", "3", "--to", "jsonl",
                       "--fail-if", "ttft<1h", self.url + "ttft=20ms&interval=1ms&count=2")
        self.assert_exit(102, run)
        lines = run.lines()
        self.assertEqual([line["run"] for line in lines if line["kind"] == "timing"], [1, 2, 3])
        self.assertEqual([line["conn"] for line in lines if line["kind"] == "open"], [1, 2, 3])
        self.assertEqual([line["t"] for line in lines], sorted(line["t"] for line in lines))
        self.assertEqual([(line["code"], line["message"][:6]) for line in run.lines("error")],
                         [(102, "run 1:"), (102, "run 2:"), (102, "run 3:")])
        for number in (1, 2, 3):
            self.assertRegex(run.err,
                             rf"(?m)^run {number}: failed \(102\): ttfb .*, ttft .*, end .*$")
        self.assertRegex(run.err, r"(?m)^3 runs +p50 +p90 +p99 +min +max$")
        self.assertRegex(run.err, r"(?m)^  ttft +[\d.]+ m?s .*$")

    def test_time_is_limited_for_each_run(self):
        run = sse_tail("--repeat", "2", "--max-time", "200ms", "-w", "%{exitcode}\\n",
                       self.url + "interval=1h&data=x", "--to", "jsonl")
        self.assert_exit(28, run)
        self.assertEqual(run.out.count(b'"content\\":\\"x'), 2)
        self.assertEqual(run.out.count(b"\n28\n"), 2)
        self.assertEqual(run.err, "sse-tail: time is up (--max-time)\n" * 2)


    def test_model_tells_its_tokens(self):
        ask = json.dumps({"model": "echo", "stream": True, "stream_options": {"include_usage": True},
                          "messages": [{"role": "user", "content": "one two three four five"}]})
        url = f"http://127.0.0.1:{self.echo.port}/v1/chat/completions?ttft=60ms&tps=100"
        run = sse_tail("--llm", "openai", "--timing", "--json", ask, "-w", "\\n%{json}", url)
        self.assert_exit(0, run)
        out = json.loads(run.out.splitlines()[-1])
        self.assertGreaterEqual(out["ttft"], 0.06 - RESOLUTION / 1e6)
        self.assertLessEqual(out["first_event"], out["ttft"])
        tokens = out["output_tokens"]
        self.assertEqual(tokens, 5)
        self.assertAlmostEqual(out["tpot"] * (tokens - 1), out["last_content"] - out["ttft"],
                               places=4)
        self.assertAlmostEqual(out["decode_tok_per_s"] * out["tpot"], 1, places=2)
        self.assertLess(out["e2e_tok_per_s"], out["decode_tok_per_s"])
        self.assertRegex(run.err, r"(?m)^  tokens +in \d+, out 5, reasoning 0$\n +tpot [\d.]+ ms, [\d.]+ tok/s "
                                  r"after the first, [\d.]+ tok/s in all$")


class Content(TestCase):
    def measure(self, stream, *options):
        with SseServer(answer(stream)) as server:
            return measure(server.url, *options)

    def test_is_what_is_not_empty_and_chosen(self):
        line = self.measure(FOUR)
        self.assertEqual((line["events"], line["chunks"], line["chars"]), (4, 3, 4))
        line = self.measure(FOUR, "--event", "role")
        self.assertEqual((line["events"], line["chunks"]), (4, 0))
        self.assertNotIn("ttft_us", line)
        self.assertNotIn("coalesced", line)

    def test_end_mark_is_none(self):
        line = self.measure(FOUR + "data: [DONE]\n\n", "--until-data", "[DONE]")
        self.assertEqual((line["events"], line["chunks"]), (5, 3))

    def test_last_event_is_none_if_it_says_so(self):
        line = self.measure(FOUR + "event: close\ndata: bye\n\n", "--until-event", "close")
        self.assertEqual((line["events"], line["chunks"]), (5, 3))

    def test_many_reads_in_one_turn_have_times_of_their_own(self):
        line = self.measure(f"data: {'x' * 900}\n\n" * 2000)
        reads = round(line["chunks"] * (1 - line["coalesced"]))
        self.assertGreaterEqual(reads, line["bytes"] // (64 << 10))

    def test_pieces_of_one_read_are_coalesced(self):
        pieces = b"".join(chunk(b"data: x\n\n") for _ in range(10)) + chunk(b"")
        body = head("200 OK", "Transfer-Encoding: chunked") + pieces + b"\r\n"
        with SseServer(body) as server:
            line = measure(server.url)
        self.assertEqual(line["chunks"], 10)
        self.assertEqual(line["coalesced"], 0.9)
        self.assertEqual(line["gap_max_us"], 0)
        self.assertNotIn("chunks_per_s", line)

    def test_another_connection_is_a_gap(self):
        stream = "retry: 30\ndata: x\n\n"
        with SseServer(answer(stream), answer(stream)) as server:
            run = sse_tail("--to", "jsonl", "--timing", "-s", server.url)
        self.assert_exit(0, run)
        line = timing_of(run)
        self.assertEqual((line["conn"], line["chunks"]), (3, 2))
        self.assertGreaterEqual(line["gap_max_us"], 30_000 - RESOLUTION)
        self.assertGreaterEqual(line["last_content_us"], line["ttft_us"] + 30_000 - RESOLUTION)

    def test_we_may_end_it(self):
        hold = Hold(head() + b"data: x\n\n")
        with SseServer(hold) as server:
            process = start_sse_tail("--timing", server.url)
            wait_for_output(process)
            process.send_signal(signal.SIGINT)
            code, err = end(process)
            hold.release()
        self.assertEqual(code, 130)
        self.assertRegex(err, r"(?m)^  end  ")


class Failures(TestCase):
    def test_what_is_not_known_fails(self):
        with SseServer(answer(": nothing\n\n")) as server:
            run = sse_tail("--no-reconnect", "--fail-if", "ttft>1h", server.url)
        self.assert_exit(102, run)
        self.assertEqual(run.err, "sse-tail: ttft is not known: no content came "
                                  "(--fail-if 'ttft>1h')\n")

    def test_interim_answer_is_none(self):
        interim = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        hold = Hold(interim)
        with SseServer(hold) as server:
            run = sse_tail("-s", "--idle-timeout", "50ms", "-w", "%{json}", server.url)
            hold.release()
        self.assertIsNone(json.loads(run.out)["ttfb"])
        with SseServer(interim * 2 + answer(FOUR)) as server:
            line = measure(server.url)
        self.assertLessEqual(line["ttfb_us"], line["first_byte_us"])

    def test_report_that_says_nothing_is_none(self):
        run = sse_tail("--timing", "http://127.0.0.1:1/")
        self.assert_exit(7, run)
        self.assertNotIn("timing since", run.err)

    def test_wait_for_another_attempt_is_no_part_of_the_times(self):
        with SseServer(empty("503 Busy"), answer("data: x\n\n")) as server:
            run = sse_tail("-s", "--retry", "1", "--retry-delay", "300ms", "--count", "1", "--to",
                           "jsonl", "--timing", "-w", "%{json}", server.url)
        self.assert_exit(0, run)
        *_, line, out = run.out.splitlines()
        line, out = json.loads(line), json.loads(out)
        waited = json.loads(run.out.splitlines()[0])
        self.assertEqual(waited["kind"], "reconnect")
        self.assertLess(line["sent_us"] + line["end_us"], line["t"] * 1e6 - waited["ms"] * 1000)
        self.assertEqual((out["num_redirects"], out["http_code"]), (0, 200))
        self.assertLessEqual(out["time_starttransfer"], out["time_total"])

    def test_other_failure_counts_more(self):
        with SseServer(empty("404 Not Found")) as server:
            run = sse_tail("--fail-if", "ttft>1h", "--fail-if", "ttfb<1h", "--timing", server.url)
        self.assert_exit(22, run)
        self.assertNotIn("not known", run.err)
        self.assert_says("(--fail-if 'ttfb<1h')", run)

    def test_output_that_is_lost_counts_more_than_a_limit(self):
        with SseServer(answer(FOUR)) as server, open("/dev/full", "wb") as full:
            process = start_sse_tail("--count", "1", "--fail-if", "ttft>=0", server.url,
                                     stdout=full)
            code, err = end(process)
        self.assertEqual(code, 23)
        self.assertIn("(--fail-if 'ttft>=0')\n", err)

    def test_reader_that_is_gone_does_not_mend_a_limit(self):
        reading, writing = os.pipe()
        os.close(reading)
        with SseServer(answer(FOUR)) as server:
            process = start_sse_tail("--count", "1", "--fail-if", "ttft>=0", server.url,
                                     stdout=writing)
            os.close(writing)
            self.assertEqual(end(process)[0], 102)

    def test_lines_of_a_run_that_nobody_read_are_not_continued_by_the_next(self):
        stream = b"data: " + b"x" * 20_000 + b"\n\n"
        holds = [Hold(head() + stream * 30) for _ in range(2)]
        with SseServer(*holds) as server:
            process = start_sse_tail("--repeat", "2", "--max-time", "300ms", "--to", "jsonl",
                                     server.url)
            self.assertEqual(process.wait(TIME_LIMIT), 28)
            out = process.stdout.read()
            code, err = end(process)
            holds[0].release()
        *lines, rest = out.splitlines(keepends=True)
        self.assertEqual({json.loads(line)["conn"] for line in lines}, {1})
        self.assertFalse(rest.endswith(b"\n"))
        self.assertEqual(err, "sse-tail: time is up (--max-time)\nsse-tail: standard output has not "
                              "taken everything: the other runs are left out\n")

    def test_wrong_limit_is_wrong_usage(self):
        run = sse_tail("--fail-if", "tfft>1s", "http://127.0.0.1:9/")
        self.assert_exit(2, run)
        self.assertRegex(run.err, r'"tfft>1s" names none of .*\bttft, .*\bgap_p99, .*\n'
                                  r"hint: did you mean ttft\?\n$")

    def test_first_failure_of_several_runs_is_the_exit_code(self):
        with SseServer(answer(FOUR), empty("500 Oops"), answer(FOUR)) as server:
            run = sse_tail("--no-reconnect", "--repeat", "3", "--timing", "--count", "1",
                           "--fail-if", "chunks>0", server.url)
        self.assert_exit(102, run)
        self.assertEqual(run.out, b"a\na\n")
        self.assert_says("run 2: failed (22): ttfb", run)
        self.assertRegex(run.err, r"(?m)^2 of 3 runs .*\n  ttft .* m?s$")

    def test_clean_end_of_the_stream_is_that_of_the_run(self):
        with SseServer(*[answer(FOUR)] * 3) as server:
            run = sse_tail("--repeat", "3", "--timing", "--to", "jsonl", server.url)
        self.assert_exit(0, run)
        self.assertEqual([line["run"] for line in run.lines("timing")], [1, 2, 3])
        self.assertEqual(run.lines("reconnect"), [])
        cut = head("200 OK", "Content-Length: 99") + b"retry: 5\ndata: x\n\n"
        with SseServer(cut, answer(FOUR), answer(FOUR)) as server:
            run = sse_tail("-s", "--repeat", "2", "--to", "jsonl", server.url)
        self.assert_exit(0, run)
        self.assertEqual([line["conn"] for line in run.lines("end")], [1, 2, 3])

    def test_texts_of_runs_are_lines(self):
        texts = [answer("".join(f'data: {{"a":"{piece}"}}\n\n' for piece in pieces))
                 for pieces in (("the quick ", "fox"), ("line\\n",), ())]
        with SseServer(*texts, texts[0]) as server:
            run = sse_tail("--repeat", "3", "--pointer", "/a", server.url)
            self.assertEqual(run.out, b"the quick fox\nline\n")
            run = sse_tail("--no-reconnect", "--pointer", "/a", server.url)
            self.assertEqual(run.out, b"the quick fox")

    def test_ctrl_c_ends_all_runs(self):
        hold = Hold(head() + b"data: x\n\n")
        with SseServer(answer(FOUR), hold) as server:
            process = start_sse_tail("--no-reconnect", "--repeat", "9", "--timing", server.url)
            out = b""
            while not out.endswith(b"x\n"):
                out += wait_for_output(process)
            process.send_signal(signal.SIGINT)
            code, err = end(process)
            hold.release()
        self.assertEqual(code, 130)
        self.assertIn("run 2: ", err)
        self.assertNotIn("run 3: ", err)

    def test_runs_begin_alike(self):
        with SseServer(*[answer("id: 7\ndata: x\n\n")] * 2) as server:
            run = sse_tail("--no-reconnect", "--repeat", "2", "--last-event-id", "3", server.url)
            self.assert_exit(0, run)
            self.assertEqual([server.field("Last-Event-ID", number) for number in (0, 1)],
                             ["3", "3"])
        run = sse_tail("--repeat", "2", "--id-file", "x", "http://127.0.0.1:9/")
        self.assert_exit(2, run)


if __name__ == "__main__":
    main()
