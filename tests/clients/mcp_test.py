"""The Model Context Protocol at /mcp of stream-echo, byte by byte off a raw socket: what is refused and
how, sessions, event streams and their ids, resuming, limits, and threads."""

import json
import threading

import harness
import http_stream
from harness import connect, fields_of, main, status_of
from http_stream import fields_of_block, request, unchunked

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


class Sessions(McpTest):
    def test_a_session_begins_with_the_version_that_is_asked_for(self):
        for version in VERSIONS:
            head, body = self.ask(*BOTH, body=rpc("initialize", {"protocolVersion": version}))
            result = json.loads(body)["result"]
            self.assertEqual(result["protocolVersion"], version)
            self.assertEqual(result["capabilities"], {"tools": {}})
            self.assertEqual(result["serverInfo"]["name"], "stream-echo")
            self.assertRegex(fields_of(head)["mcp-session-id"], "^[0-9a-f]{32}$")
            self.assertEqual(fields_of(head)["access-control-expose-headers"], "Mcp-Session-Id")

    def test_other_versions_are_offered_the_latest(self):
        for version in ("2024-11-05", "1999-01-01"):
            _, body = self.ask(*BOTH, body=rpc("initialize", {"protocolVersion": version}))
            self.assertEqual(json.loads(body)["result"]["protocolVersion"], "2025-11-25")

    def test_notifications_and_responses_are_taken_without_an_answer(self):
        session = self.begin()
        for message in (rpc("notifications/initialized", id=None), rpc("notifications/x", id=None),
                        {"jsonrpc": "2.0", "id": 7, "result": {}}):
            head, body = self.post(session, message)
            self.assertEqual((status_of(head), body), (202, b""))
            self.assertEqual(fields_of(head)["content-length"], "0")

    def test_requests_need_a_session_that_is_there(self):
        self.assert_error(self.ask(*BOTH, body=rpc("ping")), 400, -32000)
        self.assert_error(self.post("Mcp-Session-Id: 0", rpc("ping")), 404, -32001)
        for method in ("GET", "DELETE"):
            accept = "Accept: text/event-stream"
            self.assert_error(self.ask(accept, method=method), 400, -32000)
            self.assert_error(self.ask(accept, "Mcp-Session-Id: 0", method=method), 404, -32001)

    def test_the_version_that_a_request_names_has_to_be_the_one_agreed_on(self):
        session = self.begin("2025-06-18")
        self.assertEqual(self.result(session, rpc("ping"))["result"], {})
        head, _ = self.post(session, rpc("ping"), "MCP-Protocol-Version: 2025-06-18")
        self.assertEqual(status_of(head), 200)
        for version in ("2025-11-25", "1999-01-01", "x"):
            message = self.assert_error(
                self.post(session, rpc("ping"), f"MCP-Protocol-Version: {version}"), 400, -32000)
            self.assertIn("2025-06-18 was agreed on", message)

    def test_a_session_ends_when_the_client_says_so(self):
        session = self.begin()
        head, body = self.ask(session, method="DELETE")
        self.assertEqual((status_of(head), body), (204, b""))
        self.assert_error(self.post(session, rpc("ping")), 404, -32001)
        self.assert_error(self.ask(session, method="DELETE"), 404, -32001)

    def test_too_many_sessions_push_out_the_oldest(self):
        server = harness.Echo()
        self.addCleanup(server.stop)
        self.server, sessions = server, []
        for _ in range(130):
            sessions.append(self.begin())
        self.assert_error(self.post(sessions[0], rpc("ping")), 404, -32001)
        self.assertEqual(self.result(sessions[-1], rpc("ping"))["result"], {})
        self.assertEqual(self.result(sessions[2], rpc("ping"))["result"], {})


class Refusals(McpTest):
    def test_what_cannot_be_answered_says_so_with_its_status(self):
        session = self.begin()
        kind, accept = BOTH
        ping = json.dumps(rpc("ping")).encode()
        for lines in ((kind,), (kind, "Accept: application/json"), (kind, "Accept: */*"),
                      (kind, "Accept: text/event-stream")):
            self.assert_error(self.ask(*lines, session, body=ping), 406, -32000)
        for line in ("X: y", "Content-Type: text/plain", "Content-Type: application/jsonx"):
            self.assert_error(self.ask(accept, line, session, body=ping), 415, -32000)
        head, _ = self.ask("Content-Type: application/json; charset=utf-8",
                           "Accept: text/event-stream;q=1, application/json;q=0.9", session,
                           body=ping)
        self.assertEqual(status_of(head), 200)
        for body in (b"{", b"", b"\xff", b"[" * 600 + b"]" * 600):
            self.assert_error(self.post(session, body), 400, -32700)
        for body in (b"7", b"{}", b'{"jsonrpc":"2.0","id":null,"method":"ping"}'):
            self.assert_error(self.post(session, body), 400, -32600)
        self.assert_error(self.post(session, {"jsonrpc": "1.0", "id": 5, "method": "x"}), 400,
                          -32600, id=5)
        self.assert_error(self.ask(session, method="GET"), 406, -32000)

    def test_errors_of_the_protocol_are_answers(self):
        session = self.begin()
        self.assert_error(self.post(session, rpc("prompts/list", id="a")), 200, -32601, id="a")
        self.assert_error(self.post(session, rpc("tools/call", {"name": "rm"})), 200, -32602, id=1)
        self.assert_error(self.post(session, rpc("tools/call", {})), 200, -32602, id=1)
        self.assert_error(self.ask(*BOTH, body=rpc("initialize", {})), 200, -32602, id=1)

    def test_what_the_tool_cannot_take_is_its_error_since_the_latest_version(self):
        wrong = rpc("tools/call", {"name": "echo", "arguments": {}})
        self.assert_error(self.post(self.begin("2025-06-18"), wrong), 200, -32602, id=1)
        self.assertTrue(self.result(self.begin(), wrong)["result"]["isError"])

    def test_parameters_of_the_query_are_looked_at(self):
        for query in ("?answer=xml", "?close-after=0", "?close-after=x", "?tps=0", "?ttft=x"):
            head, _ = self.ask(*BOTH, body=rpc("ping"), query=query)
            self.assertEqual(status_of(head), 400, query)

    def test_other_methods_and_origins_are_refused(self):
        for method in ("PUT", "HEAD"):
            head, _ = self.ask(method=method)
            self.assertEqual(status_of(head), 405)
            self.assertEqual(fields_of(head)["allow"], "GET, POST, DELETE, OPTIONS")
        head, _ = self.ask(*BOTH, "Origin: https://evil.example", body=rpc("ping"))
        self.assertEqual(status_of(head), 403)
        head, _ = self.ask("Origin: http://localhost:6274", method="OPTIONS")
        self.assertEqual(fields_of(head)["access-control-allow-methods"],
                         "GET, POST, DELETE, OPTIONS")


class Batches(McpTest):
    def test_only_the_first_version_has_them(self):
        batch = [rpc("ping", id=1), rpc("notifications/x", id=None), rpc("x", id=2), 7,
                 call("hi", id=3), rpc("initialize", {"protocolVersion": VERSIONS[0]}, id=4)]
        for version in VERSIONS[1:]:
            self.assert_error(self.post(self.begin(version), batch), 400, -32600)
        session = self.begin(VERSIONS[0])
        answers = self.result(session, batch)
        self.assertEqual([answer["id"] for answer in answers], [1, 2, None, 3, 4])
        self.assertEqual(answers[0]["result"], {})
        self.assertEqual([answers[at]["error"]["code"] for at in (1, 2, 4)],
                         [-32601, -32600, -32600])
        self.assertEqual(text_of(answers[3]), "hi")
        head, body = self.post(session, [rpc("notifications/x", id=None)])
        self.assertEqual((status_of(head), body), (202, b""))
        self.assert_error(self.post(session, []), 400, -32600)


class Streams(McpTest):
    def test_a_call_is_an_id_then_progress_then_the_response(self):
        events = self.events(self.begin(), call("hello ä world", token="t"), "?tps=1000")
        self.assertEqual([id for id, _ in events], ["1-0", "1-1", "1-2", "1-3", "1-4"])
        self.assertIsNone(events[0][1])
        self.assertEqual(words_of(events), ["hello", "ä", "world"])
        self.assertEqual(events[2][1], {
            "jsonrpc": "2.0", "method": "notifications/progress",
            "params": {"progressToken": "t", "progress": 2, "total": 3, "message": "ä"}})
        self.assertEqual(events[-1][1], {
            "jsonrpc": "2.0", "id": 1,
            "result": {"content": [{"type": "text", "text": "hello ä world"}]}})

    def test_older_clients_are_not_sent_ids_without_data(self):
        for version in VERSIONS[:2]:
            events = self.events(self.begin(version), call("hi", token=7))
            self.assertEqual([id for id, _ in events], ["1-1", "1-2"])

    def test_without_a_token_only_the_response_comes(self):
        events = self.events(self.begin(), call("a b c", id="x"))
        self.assertEqual([id for id, _ in events], ["1-0", "1-1"])
        self.assertEqual(events[-1][1]["id"], "x")

    def test_ids_differ_between_the_streams_of_a_session(self):
        session = self.begin()
        ids = [id for _ in range(5) for id, _ in self.events(session, call("a b", token=1))]
        self.assertEqual(len(set(ids)), 5 * 4)

    def test_anything_can_be_a_stream_or_json(self):
        session = self.begin()
        events = self.events(session, rpc("ping"), "?answer=sse")
        self.assertEqual(events[-1][1]["result"], {})
        answer = self.result(session, call("a b", token=1), query="?answer=json&interval=0")
        self.assertEqual(text_of(answer), "a b")
        head, body = self.ask(*BOTH, body=rpc("initialize", {"protocolVersion": VERSIONS[2]}),
                              query="?answer=sse")
        self.assertIn("mcp-session-id", fields_of(head))
        self.assertEqual([id for id, _ in blocks_of(body)[0]], ["1-0", "1-1"])

    def test_large_texts_come_whole(self):
        text = "ä" * 100_000 + " \n" + "b" * 250_000
        events = self.events(self.begin(), call(text, token=1))
        self.assertEqual(text_of(events[-1][1]), text)
        many = "word " * 20_000
        events = self.events(self.begin(), call(many, token=1), "?interval=0")
        self.assertEqual(len(words_of(events)), 20_000)
        self.assertEqual(text_of(events[-1][1]), many)

    def test_a_stream_for_the_server_stays_open_until_the_session_ends(self):
        session = self.begin()
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/mcp", "Accept: text/event-stream", session))
            self.assertEqual(status_of(peer.receive_head()), 200)
            self.assertIn(b"id: 0-0\ndata:\n\n", peer.receive())
            self.ask(session, method="DELETE")
            self.assertTrue(peer.receive_all().endswith(b"0\r\n\r\n"))

    def test_quiet_streams_have_comments(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/mcp?heartbeat=20ms", "Accept: text/event-stream",
                              self.begin()))
            body = b""
            while body.count(b"\n:\n") < 2:
                body += peer.receive().replace(b"\r", b"")
            self.assertNotIn(b"stream-echo", body)

    def test_what_is_cancelled_ends_without_a_response(self):
        session = self.begin()
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/mcp?ttft=1h", *BOTH, session, method="POST",
                              body=json.dumps(call("hi", token=1, id="slow")).encode()))
            peer.receive_head()
            self.assertIn(b"id: 1-0", peer.receive())
            cancel = rpc("notifications/cancelled", {"requestId": "slow"}, id=None)
            self.assertEqual(status_of(self.post(session, cancel)[0]), 202)
            rest = peer.receive_all()
            self.assertEqual(rest, b"0\r\n\r\n")
        head, _ = self.ask("Accept: text/event-stream", session, "Last-Event-ID: 1-0",
                           method="GET")
        self.assertEqual(status_of(head), 204)


class Resuming(McpTest):
    def test_any_part_of_an_answer_can_be_had_again(self):
        session = self.begin()
        events = self.events(session, call("one two three", token=1), "?interval=0")
        for at, (id, _) in enumerate(events[:-1]):
            self.assertEqual(self.resume(session, id), events[at + 1:])
        head, _ = self.ask("Accept: text/event-stream", session, f"Last-Event-ID: {events[-1][0]}",
                           method="GET")
        self.assertEqual(status_of(head), 204)

    def test_the_id_may_stand_in_the_query(self):
        session = self.begin()
        events = self.events(session, call("one two", token=1), "?interval=0")
        head, body = self.ask("Accept: text/event-stream", session, method="GET",
                              query="?lastEventId=1-1")
        self.assertEqual(blocks_of(body)[0], events[2:])

    def test_a_planned_end_says_when_to_come_back_and_nothing_is_lost(self):
        session = self.begin()
        query = "?interval=0&close-after=2&retry=30"
        events = self.events(session, call("1 2 3 4 5", token=1), query)
        self.assertEqual([id for id, _ in events], ["retry", "1-0", "1-1", "1-2", "retry"])
        got, last = [data for _, data in events if isinstance(data, dict)], "1-2"
        while "result" not in got[-1]:
            events = [event for event in self.resume(session, last, query) if event[0] != "retry"]
            self.assertLessEqual(len(events), 2)
            got += [data for _, data in events]
            last = events[-1][0]
        self.assertEqual([data["params"]["message"] for data in got[:-1]], list("12345"))
        self.assertEqual(text_of(got[-1]), "1 2 3 4 5")

    def test_a_planned_end_has_a_time_of_its_own(self):
        events = self.events(self.begin(), call("1 2", token=1), "?interval=0&close-after=1")
        self.assertEqual(events[-1], ("retry", 1000))

    def test_what_faults_cut_off_comes_later(self):
        for fault in ("drop-after=2", "cut&after=2", "abort&after=2"):
            session = self.begin()
            head, body = self.post(session, call("1 2 3", token=1), query=f"?interval=0&{fault}")
            chunks, _ = unchunked(body)
            events = [fields_of_block(block) for block in b"".join(chunks).split(b"\n\n")[:-1]]
            last = events[-1]["id"]
            rest = self.resume(session, last)
            number = int(last.split("-")[1])
            self.assertEqual([id for id, _ in rest], [f"1-{at}" for at in range(number + 1, 5)],
                             fault)

    def test_time_goes_on_while_nobody_listens(self):
        session = self.begin()
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/mcp?ttft=300ms&interval=0", *BOTH, session,
                              method="POST", body=json.dumps(call("a b", token=1)).encode()))
            peer.receive_head()
        events = self.resume(session, "1-0")  # before it is due: it waits
        self.assertEqual([id for id, _ in events], ["1-1", "1-2", "1-3"])
        self.assertEqual(self.resume(session, "1-0"), events)

    def test_who_comes_back_takes_over(self):
        session = self.begin()
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/mcp?tps=20", *BOTH, session, method="POST",
                              body=json.dumps(call("a b c d e", token=1)).encode()))
            peer.receive_head()
            self.assertIn(b"id: 1-0", peer.receive())
            rest = self.resume(session, "1-0")
            self.assertEqual(words_of(rest), list("abcde"))
            self.assertNotIn(b"result", peer.receive_all())

    def test_ids_of_nothing_are_refused(self):
        session = self.begin()
        self.events(session, call("a", token=1))
        for id in ("x", "1", "2-0", "1-9", "0-1", "1-0-0"):
            self.assert_error(self.ask("Accept: text/event-stream", session, f"Last-Event-ID: {id}",
                                       method="GET"), 400, -32000)

    def test_the_latest_answers_are_kept(self):
        session = self.begin()
        for _ in range(33):
            self.events(session, call("a"))
        self.assert_error(self.ask("Accept: text/event-stream", session, "Last-Event-ID: 1-0",
                                   method="GET"), 400, -32000)
        self.assertEqual(text_of(self.resume(session, "2-0")[-1][1]), "a")

    def test_the_stream_for_the_server_can_be_resumed(self):
        session = self.begin()
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/mcp?heartbeat=10ms", "Accept: text/event-stream",
                              session, "Last-Event-ID: 0-0"))
            self.assertEqual(status_of(peer.receive_head()), 200)
            self.assertEqual(peer.receive().replace(b"\r", b""), b"2\n:\n\n")


class Memory(harness.TestCase):
    def test_sessions_full_of_answers_stay_within_their_limit(self):
        if harness.SANITIZED:
            self.skipTest("a sanitizer keeps what is freed")
        test = McpTest()
        test.server = server = harness.Echo()
        self.addCleanup(server.stop)
        session = test.begin()
        text = "x" * 400_000
        test.events(session, call(text))
        before = harness.resident_bytes(server.pid)
        for _ in range(40):
            test.events(session, call(text))
        self.assertLess(harness.resident_bytes(server.pid), before + (8 << 20))


class Threads(McpTest):
    options = ("--threads", "3")

    def test_a_session_is_there_for_all_threads(self):
        failures = []

        def one_client(number):
            try:
                session = self.begin()
                for at in range(20):
                    text = f"client {number} call {at}"
                    query = "?interval=0&close-after=2"
                    events = self.events(session, call(text, token=at), query)
                    got = [data for _, data in events if isinstance(data, dict)]
                    last = [id for id, _ in events if id != "retry"][-1]
                    while "result" not in got[-1]:
                        events = self.resume(session, last, query)
                        got += [data for _, data in events if isinstance(data, dict)]
                        last = [id for id, _ in events if id != "retry"][-1]
                    self.assertEqual(text_of(got[-1]), text)
                    self.assertEqual(len(got), 5)
                self.assertEqual(status_of(self.ask(session, method="DELETE")[0]), 204)
            except BaseException as error:
                failures.append(error)

        clients = [threading.Thread(target=one_client, args=(number,)) for number in range(8)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(failures, [])

    def test_the_end_of_a_session_reaches_all_threads(self):
        session = self.begin()
        peers = [connect(self.server.port) for _ in range(12)]
        for peer in peers:
            peer.send(request(self.server.port, "/mcp", "Accept: text/event-stream", session))
            peer.receive_head()
        self.ask(session, method="DELETE")
        for peer in peers:
            with peer:
                self.assertTrue(peer.receive_all().endswith(b"0\r\n\r\n"))

    def test_the_server_stops_with_streams_open(self):
        server = harness.Echo(*self.options)
        self.addCleanup(server.stop)
        self.server = server
        session = self.begin()
        with connect(server.port) as peer:
            peer.send(request(server.port, "/mcp", "Accept: text/event-stream", session))
            peer.receive_head()
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    main()
