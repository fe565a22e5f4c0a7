"""How tests ask stream-echo as a language model is asked, and read the answer, in the form of each
interface."""

import json

import harness
import http_stream
from harness import fields_of, status_of
from http_stream import events_of, unchunked

CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
OLLAMA_CHAT, OLLAMA_GENERATE = "/api/chat", "/api/generate"
EVENT_PATHS = (CHAT, RESPONSES, MESSAGES)
ALL_PATHS = (*EVENT_PATHS, OLLAMA_CHAT, OLLAMA_GENERATE)


def body_for(path, prompt, **more):
    asked = {RESPONSES: {"input": prompt}, OLLAMA_GENERATE: {"prompt": prompt}}.get(
        path, {"messages": [{"role": "user", "content": prompt}]})
    return json.dumps({"model": "any", "stream": True, **asked, **more}).encode()


def delta_of(path, item):
    """The text of one event or line; None: it has none."""
    if path == CHAT:
        return item["choices"][0]["delta"].get("content") if item.get("choices") else None
    if path == RESPONSES:
        return item.get("delta")
    if path == MESSAGES:
        return item.get("delta", {}).get("text")
    return item["message"]["content"] if path == OLLAMA_CHAT else item["response"]


def items_of(path, body):
    """The JSON values of a stream; the end mark of chat is left out."""
    if path not in EVENT_PATHS:
        return [json.loads(line) for line in body.splitlines()]
    return [json.loads(data) for _, _, data in events_of(body) if data != "[DONE]"]


class ModelTest(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Echo()

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        if code:
            raise AssertionError(f"stream-echo ended with {code}")

    def post(self, path, body, *lines, words="", interval="0"):
        return http_stream.ask(self.server.port, f"{path}?interval={interval}&{words}", *lines,
                               method="POST", body=body)

    def body(self, path, prompt, words="", *, clean=True, **more):
        """The body of a stream. `clean`: the last chunk has come."""
        head, wire = self.post(path, body_for(path, prompt, **more), words=words)
        self.assertEqual(status_of(head), 200, head + wire)
        chunks, ended = unchunked(wire)
        self.assertEqual(ended, clean, wire)
        return b"".join(chunks)

    def deltas(self, path, prompt, words="", **rest):
        deltas = [delta_of(path, item) for item in items_of(path, self.body(path, prompt, words,
                                                                           **rest))]
        return [delta for delta in deltas if delta]

    def answer(self, path, body, **rest):
        """The status and the JSON of an answer that is no stream."""
        head, wire = self.post(path, body, **rest)
        self.assertEqual(fields_of(head)["content-type"], "application/json", head)
        return status_of(head), json.loads(wire)
