#!/usr/bin/python3
"""Every vector of event streams through sse-tail: whole, byte by byte, and in the pieces that some of
them name; over HTTP, chunked, as servers send them."""

import base64
import json
import tempfile
import pathlib

from harness import TestCase, load, main
from sse_harness import SseServer, chunk, head, sse_tail


def cases():
    for case in load("sse.json") + load("sse-extra.json")["cases"]:
        stream = (base64.b64decode(case["input_b64"]) if "input_b64" in case
                  else case["input"].encode("utf-8", "surrogatepass"))
        yield case, stream


def pieces_of(case, stream):
    yield "whole", [stream] if stream else []
    yield "byte by byte", [stream[at : at + 1] for at in range(len(stream))]
    if isinstance(case.get("chunks"), list):
        at, pieces = 0, []
        for size in case["chunks"]:
            pieces.append(stream[at : at + size])
            at += size
        yield "in its pieces", [piece for piece in pieces + [stream[at:]] if piece]


def strings_of(line):
    """The JSON strings of a line of a log."""
    found, decoder, at = [], json.JSONDecoder(), line.find('"')
    while at >= 0:
        text, at = decoder.raw_decode(line, at)
        found.append(text)
        at = line.find('"', at)
    return found


def expected(case):
    """(messages, comments or None), or None when the log does not tell."""
    if "expect" in case:
        events = [(e["type"], e["lastEventId"], e["data"]) for e in case["expect"]["events"]]
        return events, case["expect"].get("comments_raw")
    if any(" bytes, hash " in line for line in case["log"]):
        return None
    messages = [tuple(strings_of(line)) for line in case["log"] if line.startswith("message ")]
    comments = [strings_of(line)[0] for line in case["log"] if line.startswith("comment ")]
    return messages, comments


class Vectors(TestCase):
    def test_every_vector_gives_what_a_browser_shows(self):
        count = 0
        for case, stream in cases():
            wanted = expected(case)
            for how, pieces in pieces_of(case, stream):
                if len(pieces) > 5000:
                    continue  # large ones are for the unit tests
                with self.subTest(case["name"], how=how):
                    count += 1
                    self.check(case, pieces, wanted)
        self.assertGreater(count, 200)

    def check(self, case, pieces, wanted):
        body = b"".join(map(chunk, pieces)) + chunk(b"")
        options = ["--to", "jsonl", "--comments", "--no-reconnect"]
        if case.get("resume_last_event_id"):
            options += ["--last-event-id", case["resume_last_event_id"]]
        if "max_event" in case:
            options += ["--max-event", case["max_event"]]
        with tempfile.TemporaryDirectory() as folder:
            id_file = pathlib.Path(folder, "id")
            with SseServer(head("200 OK", "Transfer-Encoding: chunked") + body) as server:
                run = sse_tail(*options, "--id-file", id_file, server.url)
            last_id = id_file.read_text().removesuffix("\n") if id_file.exists() else ""
        too_large = any("sse-event-size" in line for line in case.get("log", ()))
        self.assert_exit(103 if too_large else 0, run)
        if wanted is None:
            return
        messages, comments = wanted
        self.assertEqual([(line["type"], line.get("id", ""), line["data"])
                          for line in run.lines("message")], messages, str(run))
        if comments is not None:
            self.assertEqual([line["data"] for line in run.lines("comment")], comments, str(run))
        if "expect" in case:
            wanted_id = case["expect"]["last_event_id"]
            sendable = wanted_id == wanted_id.strip()  # else it is not kept
            self.assertEqual(last_id, wanted_id if sendable else "", str(run))
            retries = [line["ms"] for line in run.lines("retry")]
            wanted_ms = case["expect"]["reconnection_ms"]
            if isinstance(wanted_ms, int):
                self.assertEqual(retries[-1], wanted_ms, str(run))
            elif wanted_ms is None:
                self.assertEqual(retries, [], str(run))
            unfinished = any("unfinished" in line for line in run.lines("end"))
            if case["expect"].get("incomplete_at_eof"):
                self.assertTrue(unfinished, str(run))


if __name__ == "__main__":
    main()
