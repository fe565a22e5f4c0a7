#!/usr/bin/python3
"""sse-tail --llm and --pointer: the text of a model's answer, how it ends, and what of that is said.
The answers of every provider are in tests/vectors/llm."""

import json
import pathlib
import signal
import socket
import struct

from harness import TIME_LIMIT, TestCase, main
from sse_harness import (DONE, Hold, SseServer, answer, chunk, delta, empty, end, head, in_pieces,
                         sse_tail, start_sse_tail, wait_for_output)

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "llm"
CASES = json.loads((VECTORS / "cases.json").read_text())["cases"]
TYPES = {".sse": "text/event-stream", ".ndjson": "application/x-ndjson", ".json": "application/json"}
PREFIX = "sse-tail: "


class Vectors(TestCase):
    def check(self, case, run):
        self.assertEqual(run.out.decode(), case["text"])
        self.assert_exit(case["exit"], run)
        lines = run.err.splitlines()
        self.assertEqual(lines[-1], PREFIX + case["says"], run.err)
        self.assertEqual(lines[:-1], [PREFIX + note for note in case.get("notes", [])])

    def test_answers_of_every_preset(self):
        for case in CASES:
            data = (VECTORS / case["file"]).read_bytes()
            type = TYPES[pathlib.Path(case["file"]).suffix]
            for preset in (case["preset"], "auto"):
                with self.subTest(case["file"], preset=preset):
                    with SseServer(answer(data, type=type)) as server:
                        self.check(case, sse_tail("--llm", preset, server.url))
            with self.subTest(case["file"], pieces=True):
                with SseServer(in_pieces(data, type, (1, 7, 64, 3))) as server:
                    self.check(case, sse_tail("--llm", "auto", server.url))

    def test_every_vector_is_listed_and_every_preset_has_one(self):
        files = {path.name for path in VECTORS.iterdir()} - {"cases.json"}
        self.assertEqual(files, {case["file"] for case in CASES})


class Text(TestCase):
    def test_words_are_written_as_they_come_and_nothing_else(self):
        words = ("Once", " upon", "\n a ", "time")
        hold = Hold(head() + delta(words[0]), *map(delta, words[1:]), delta("", finish_reason="stop"),
                    DONE)
        request = '{"model":"echo","stream":true,"messages":[{"role":"user","content":"x"}]}'
        with SseServer(hold) as server:
            process = start_sse_tail("--llm", "openai", "--json", request,
                                     server.url + "v1/chat/completions")
            for word in words:
                self.assertEqual(wait_for_output(process), word.encode())
                hold.release()
            hold.release()
            out, err = process.communicate(timeout=TIME_LIMIT)
            hold.release()  # the connection was open all the while
            sent, body = server.requests[0]
        self.assertEqual(out, b"")
        self.assertEqual(process.returncode, 0)
        self.assertEqual(err.decode(), PREFIX + "finish reason stop; 4 chunks, 17 characters\n")
        self.assertTrue(sent.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n"))
        self.assertEqual(body, request.encode())

    def test_accept_names_what_can_be_read(self):
        for options, accept in ((("--llm", "mcp"), "text/event-stream, application/x-ndjson, "
                                                   "application/json;q=0.5"),
                                (("--pointer", "/a", "--no-reconnect"), "text/event-stream"),
                                (("--llm", "mcp", "-H", "Accept: x/y"), "x/y")):
            with SseServer(answer()) as server:
                sse_tail(*options, server.url)
                self.assertEqual(server.field("accept"), accept)

    def test_silent_says_nothing(self):
        with SseServer(answer(delta("a") + DONE), answer(delta("a"))) as server:
            for code in (0, 104):
                run = sse_tail("-s", "--llm", "openai", server.url)
                self.assert_exit(code, run)
                self.assertEqual((run.out, run.err), (b"a", ""))

    def test_to_text_alone_finds_the_preset(self):
        with SseServer(answer(delta("a") + DONE)) as server:
            run = sse_tail("--to", "text", server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"a")

    def test_pointer_writes_what_it_finds_and_connects_again(self):
        body = b'retry: 5\ndata: {"a":{"b~/c":["x","y"]},"n":1}\n\ndata: no JSON\n\ndata: {"n":[2]}\n\n'
        with SseServer(answer(body), answer(b'data: {"n":3}\n\n')) as server:
            run = sse_tail("--pointer", "/a/b~0~1c/1", "--pointer", "/n", server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"y1[2]3")
        self.assert_says("connecting again in 5 ms", run)
        self.assertEqual(run.err.splitlines()[-1], PREFIX + "3 chunks, 6 characters")

    def test_pointer_reads_lines_of_json(self):
        body = b'{"n":1}\r\n\r\n{"n":2}'
        with SseServer(answer(body, type="application/jsonl")) as server:
            run = sse_tail("--pointer", "/n", "--no-reconnect", server.url)
        self.assertEqual(run.out, b"12")
        self.assert_exit(0, run)

    def test_pointer_takes_the_place_of_the_text_of_a_preset(self):
        with SseServer(answer(b'data: {"id":7,"choices":[]}\n\n' + DONE)) as server:
            run = sse_tail("--llm", "openai", "--pointer", "/id", server.url)
        self.assertEqual(run.out, b"7")
        self.assert_exit(0, run)

    def test_other_events_can_be_left_out(self):
        body = b'event: a\ndata: {"t":"1"}\n\nevent: b\ndata: {"t":"2"}\n\n'
        with SseServer(answer(body)) as server:
            run = sse_tail("--pointer", "/t", "--event", "b", "--no-reconnect", server.url)
        self.assertEqual(run.out, b"2")

    def test_wrong_pointers_and_presets_are_refused(self):
        for options in (("--pointer", "a"), ("--pointer", "/~2"), ("--llm", "gpt")):
            self.assert_exit(2, sse_tail(*options, "http://127.0.0.1:1/"))

    def test_each_runs_for_every_event_and_the_end_counts(self):
        with SseServer(answer(delta("a") + delta("b") + DONE), answer(delta("a"))) as server:
            run = sse_tail("--llm", "openai", "--each", "cat >/dev/null; echo $SSE_COUNT", server.url)
            self.assert_exit(0, run)
            self.assertEqual(run.out, b"1\n2\n3\n")
            self.assert_exit(104, sse_tail("--llm", "openai", "--each", "true", server.url))

    def test_last_line_without_its_end_reaches_each(self):
        body = b'{"response":"a","done":false}\n{"response":"b","done":true}'
        with SseServer(answer(body, type="application/x-ndjson")) as server:
            run = sse_tail("--llm", "ollama", "--each", "cat >/dev/null; echo $SSE_COUNT", server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"1\n2\n")


class End(TestCase):
    def run_on(self, *answers, options=("--llm", "openai")):
        with SseServer(*answers) as server:
            run = sse_tail(*options, server.url)
            self.assertEqual(len(server.requests), len(answers))  # nothing is asked for again
        return run

    def test_cut_after_the_answer_is_a_failure_of_the_stream(self):
        def short(peer, _request):
            peer.send(head("200 OK", "Transfer-Encoding: chunked") + chunk(delta("a")) + b"5\r\nda")
            peer.end()
            peer.receive_all()

        def abort(peer, _request):
            peer.send(head() + delta("a"))
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        for script in (short, abort):
            with self.subTest(script.__name__):
                run = self.run_on(script)
                self.assert_exit(104, run)
                self.assert_says("sse-tail: the stream was cut off", run)
                self.assert_says("; that was before [DONE], after ", run)

    def test_no_answer_keeps_its_code_and_retry_works(self):
        run = self.run_on(empty("503 Busy", "Retry-After: 0"), answer(delta("a") + DONE),
                          options=("--llm", "openai", "--retry", "1", "--retry-delay", "0"))
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"a")
        run = self.run_on(lambda peer, _request: peer.end())
        self.assert_exit(52, run)
        self.assert_exit(22, self.run_on(empty("401 Unauthorized")))

    def test_jsonl_has_the_error_and_the_events(self):
        run = self.run_on(answer(delta("a")), options=("--llm", "openai", "--to", "jsonl"))
        self.assert_exit(104, run)
        self.assertEqual([line["kind"] for line in run.lines()], ["open", "message", "end", "error"])
        self.assertEqual(run.lines("error")[0]["code"], 104)
        self.assertEqual(run.lines("error")[0]["message"],
                         "the stream ended before [DONE]: after 1 chunk, without a finish reason")

    def test_other_formats_are_judged_too(self):
        for format in ("data", "raw", "pretty"):
            run = self.run_on(answer(delta("a")), options=("--llm", "openai", "--to", format))
            self.assert_exit(104, run)
            self.assertIn(b'"content": "a"', run.out)

    def test_streams_that_no_preset_fits(self):
        run = self.run_on(answer(b'data: {"x":1}\n\n'), options=("--llm", "auto"))
        self.assert_exit(104, run)
        self.assert_says("before an event told which preset fits", run)
        for body, type in ((b'data: {"x":1}\n\n' * 100, "text/event-stream"),
                           (b'{"x":1}', "application/json")):
            run = self.run_on(answer(body, type=type), options=("--llm", "auto"))
            self.assert_exit(104, run)
            self.assert_says("none of the presets fits what comes", run)
            self.assert_says("hint: --llm PRESET", run)

    def test_auto_takes_no_end_mark_for_an_answer(self):
        body = b'data: {"token":{"text":"Hi"}}\n\n'
        run = self.run_on(answer(body + DONE), options=("--llm", "auto"))
        self.assert_exit(104, run)
        self.assert_says("none of the presets fits what comes", run)
        run = self.run_on(answer(body + DONE), options=("--llm", "auto", "--pointer", "/token/text"))
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"Hi")

    def test_no_content_is_no_answer(self):
        run = self.run_on(empty("204 No Content"))
        self.assert_exit(104, run)
        self.assert_says("sse-tail: the server answered 204 No Content: no answer", run)

    def test_pointer_passes_over_what_is_no_json_with_a_word(self):
        options = ("--pointer", "/n", "--no-reconnect")
        run = self.run_on(answer(b"data: oops\n\ndata: oops\n\n" + DONE), options=options)
        self.assert_exit(0, run)
        self.assertEqual(run.err.count("no JSON, and passed over"), 1)
        self.assertNotIn("passed over", self.run_on(answer(DONE), options=options).err)

    def test_other_answers_are_spoken_of_only_where_they_are_left_out(self):
        body = b'data: {"choices":[{"index":1,"delta":{"content":"x"}}]}\n\n' + DONE
        for options, count in (((), 1), (("--to", "jsonl"), 0), (("--to", "data"), 0)):
            run = self.run_on(answer(body), options=("--llm", "openai", *options))
            self.assertEqual(run.err.count("there are several answers"), count)

    def test_hidden_events_stay_hidden_until_the_preset_is_known(self):
        part = b'data: {"delta":{"type":"text_delta","text":"%s"}}\n\n'
        stop = b'event: a\ndata: {"type":"message_stop"}\n\n'
        run = self.run_on(answer(b"event: a\n" + part % b"1" + b"event: b\n" + part % b"2" + stop),
                          options=("--llm", "auto", "--event", "b"))
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"2")

    def test_lines_that_never_become_json_cost_little_and_are_told(self):
        body = (b"[[]\n" + b",[]\n" * 4080 + b"]\n") * 16
        run = self.run_on(answer(body + delta("a") + DONE))
        self.assert_exit(0, run)
        self.assert_says('a line is no field, and ignored: "[[]', run)
        for body in (b'{"error": {"message"\n\n' + delta("a") + DONE,
                     delta("a") + DONE[:-1] + b'\n'):
            self.assertEqual(self.run_on(answer(body)).out, b"a")
        run = self.run_on(answer(delta("a") + b'{\n"error": {"mess'))
        self.assert_exit(104, run)
        self.assert_says('inside an event, which is not shown: "{\\n"error', run)
        run = self.run_on(answer(delta("a") + b'{\n"error": {"message": "m"}}'))
        self.assert_says("the stream reports an error: m", run)

    def test_half_a_character_is_not_carried_to_another_connection(self):
        half = b'data: {"a":"%s"}\n\n'
        with SseServer(answer(b"retry: 1\n" + half % b"x\\ud83d"), answer(half % b"\\ude42"),
                       empty("204 No Content")) as server:
            run = sse_tail("--pointer", "/a", server.url)
        self.assert_exit(0, run)
        self.assertEqual(run.out.decode(), "x\ufffd\ufffd")

    def test_what_is_no_json_is_told_once(self):
        run = self.run_on(answer(b"data: oops\n\ndata: oops\n\n" + delta("a") + DONE))
        self.assert_exit(0, run)
        self.assertEqual(run.err.count("no JSON, and passed over"), 1)

    def test_other_media_types_are_refused(self):
        run = self.run_on(answer(b"<html>", type="text/html"))
        self.assert_exit(22, run)
        self.assert_says('the answer is "text/html", not text/event-stream or JSON', run)

    def test_limit_on_events_holds_for_lines_and_whole_bodies(self):
        for type in ("application/x-ndjson", "application/json"):
            run = self.run_on(answer(b"x" * 2000, type=type),
                              options=("--llm", "auto", "--max-event", "1k"))
            self.assert_exit(103, run)

    def test_interrupt_says_what_there_was(self):
        hold = Hold(head() + delta("a"))
        with SseServer(hold) as server:
            process = start_sse_tail("--llm", "openai", server.url)
            self.assertEqual(wait_for_output(process), b"a")
            process.send_signal(signal.SIGINT)
            code, err = end(process)
            hold.release()
        self.assertEqual(code, 130)
        self.assertEqual(err, PREFIX + "1 chunk, 1 character\n")


if __name__ == "__main__":
    main()
