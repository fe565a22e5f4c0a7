"""A client of the Model Context Protocol that looks at every byte, for the tests of /mcp."""

import json

import harness
import http_stream
from harness import fields_of, status_of
from http_stream import fields_of_block, unchunked

BOTH = ("Content-Type: application/json", "Accept: application/json, text/event-stream")
VERSIONS = ("2025-03-26", "2025-06-18", "2025-11-25")


def rpc(method, params=None, *, id=1):
    message = {"jsonrpc": "2.0", "method": method}
    if id is not None:
        message["id"] = id
    if params is not None:
        message["params"] = params
    return message


def call(text, *, token=None, id=1, **arguments):
    params = {"name": "echo", "arguments": {"text": text, **arguments}}
    if token is not None:
        params["_meta"] = {"progressToken": token}
    return rpc("tools/call", params, id=id)


def blocks_of(body):
    """The events of a chunked body as (id, data), and whether the last chunk has come. A block that
    only has a retry is ("retry", milliseconds)."""
    chunks, ended = unchunked(body)
    events = []
    for block in b"".join(chunks).split(b"\n\n"):
        fields = fields_of_block(block)
        if "data" in fields:
            events.append((fields["id"], json.loads(fields["data"]) if fields["data"] else None))
        elif "retry" in fields:
            events.append(("retry", int(fields["retry"])))
    return events, ended


def words_of(events):
    return [data["params"]["message"] for _, data in events if data and "params" in data]


def text_of(data):
    return data["result"]["content"][0]["text"]


class McpTest(harness.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Echo(*cls.options)

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        if code:
            raise AssertionError(f"stream-echo ended with {code}")

    def ask(self, *lines, body=b"", method="POST", query=""):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return http_stream.ask(self.server.port, f"/mcp{query}", *lines, method=method, body=body)

    def begin(self, version="2025-11-25"):
        """The field line of a new session."""
        head, _ = self.ask(*BOTH, body=rpc("initialize", {"protocolVersion": version}))
        self.assertEqual(status_of(head), 200)
        return f"Mcp-Session-Id: {fields_of(head)['mcp-session-id']}"

    def post(self, session, body, *lines, query=""):
        return self.ask(*BOTH, session, *lines, body=body, query=query)

    def begin_call(self, peer, session, body, query=""):
        """Sends it, and takes in the head of the answer."""
        peer.send(http_stream.request(self.server.port, f"/mcp{query}", *BOTH, session,
                                      method="POST", body=json.dumps(body).encode()))
        self.assertEqual(status_of(peer.receive_head()), 200)

    def result(self, session, body, **rest):
        head, answer = self.post(session, body, **rest)
        self.assertEqual((status_of(head), fields_of(head)["content-type"]),
                         (200, "application/json"), answer)
        return json.loads(answer)

    def events(self, session, body, query=""):
        head, answer = self.post(session, body, query=query)
        self.assertEqual((status_of(head), fields_of(head)["content-type"]),
                         (200, "text/event-stream"), answer)
        return blocks_of(answer)[0]

    def resume(self, session, last_id, query=""):
        head, answer = self.ask("Accept: text/event-stream", session, f"Last-Event-ID: {last_id}",
                                method="GET", query=query)
        self.assertEqual(status_of(head), 200, answer)
        return blocks_of(answer)[0]

    def assert_error(self, answer, status, code, *, id=None):
        head, body = answer
        self.assertEqual(status_of(head), status, body)
        self.assertEqual(fields_of(head)["content-type"], "application/json")
        error = json.loads(body)
        self.assertEqual((error["jsonrpc"], error["error"]["code"], error["id"]),
                         ("2.0", code, id), body)
        return error["error"]["message"]
