"""The Model Context Protocol at /mcp of stream-echo, byte by byte off a raw socket: what is refused and
how, sessions, and the event streams that calls are answered with."""

import contextlib
import json

import harness
from harness import connect, fields_of, main, status_of
from http_stream import request
from mcp_harness import BOTH, VERSIONS, McpTest, blocks_of, call, rpc, text_of, words_of


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

    def test_any_number_of_sessions_is_read(self):
        with contextlib.ExitStack() as peers:
            for _ in range(130):
                peer = peers.enter_context(connect(self.server.port))
                peer.send(request(self.server.port, "/mcp", "Accept: text/event-stream",
                                  self.begin()))
                self.assertEqual(status_of(peer.receive_head()), 200)
            self.begin()


class Refusals(McpTest):
    def test_what_cannot_be_answered_says_so_with_its_status(self):
        session = self.begin()
        kind, accept = BOTH
        ping = json.dumps(rpc("ping")).encode()
        for lines in ((kind,), (kind, "Accept: application/json"), (kind, "Accept: */*"),
                      (kind, "Accept: text/event-stream"),
                      (kind, "Accept: application/json, text/event-stream;q=0"),
                      (kind, "Accept: application/json; Q=0.000, text/event-stream")):
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

    def test_ids_and_tokens_have_limits(self):
        session = self.begin()
        self.assert_error(self.post(session, rpc("ping", id="i" * 1023)), 400, -32600)
        self.assert_error(self.post(session, call("a", token="t" * 1023)), 200, -32602, id=1)

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
            self.assert_error(self.ask(*BOTH, body=rpc("ping"), query=query), 400, -32000)

    def test_what_faults_refuse_is_an_error_of_this_protocol(self):
        answer = self.ask(*BOTH, body=rpc("ping"), query="?status=500")
        self.assertIn("fault status", self.assert_error(answer, 500, -32000))

    def test_other_methods_and_origins_are_refused(self):
        for method in ("PUT", "HEAD"):
            head, body = self.ask(method=method)
            self.assertEqual(status_of(head), 405)
            self.assertEqual(fields_of(head)["allow"], "GET, POST, DELETE, OPTIONS")
            self.assertEqual(fields_of(head)["content-type"], "application/json")
        self.assertEqual(body, b"")
        self.assert_error(self.ask(method="PUT"), 405, -32000)
        self.assert_error(self.ask(*BOTH, "Origin: https://evil.example", body=rpc("ping")), 403,
                          -32000)
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
        self.assertEqual(len(self.result(session, [rpc("ping")] * 100)), 100)
        self.assert_error(self.post(session, [rpc("ping")] * 101), 400, -32600)


class Streams(McpTest):
    def test_a_call_is_an_id_then_progress_then_the_response(self):
        events = self.events(self.begin(), call("hello ä world", token="t"), "?tps=1000")
        self.assertEqual([id for id, _ in events], ["1-0", "1-1", "1-2", "1-3", "1-4"])
        self.assertIsNone(events[0][1])
        self.assertEqual(words_of(events), ["hello ", "ä ", "world"])
        self.assertEqual(events[2][1], {
            "jsonrpc": "2.0", "method": "notifications/progress",
            "params": {"progressToken": "t", "progress": 2, "total": 3, "message": "ä "}})
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

    def test_a_result_alone_takes_as_long_as_its_stream_but_not_for_ever(self):
        session = self.begin()
        self.assert_error(self.post(session, call("a", id="x"), query="?answer=json&ttft=61"), 400,
                          -32602, id="x")
        self.assert_error(self.post(session, call("a", steps=61),
                                    query="?answer=json&interval=1s"), 400, -32602, id=1)

    def test_a_result_alone_can_be_cancelled(self):
        for end in (lambda: self.post(session, rpc("notifications/cancelled", {"requestId": "slow"},
                                                   id=None)),
                    lambda: self.ask(session, method="DELETE")):
            session = self.begin()
            with connect(self.server.port) as peer:
                body = json.dumps(call("a", id="slow")).encode()
                peer.send(request(self.server.port, "/mcp?answer=json&ttft=59", *BOTH, session,
                                  "Expect: 100-continue", method="POST", body=body))
                self.assertEqual(status_of(peer.receive_head()), 100)  # it is there
                end()
                self.assertEqual(status_of(peer.receive_head()), 204)

    def test_large_texts_come_whole(self):
        text = "ä" * 100_000 + " \n" + "b" * 250_000
        events = self.events(self.begin(), call(text, token=1), "?interval=0")
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
            self.begin_call(peer, session, call("hi", token=1, id="slow"), "?ttft=1h")
            self.assertIn(b"id: 1-0", peer.receive())
            cancel = rpc("notifications/cancelled", {"requestId": "slow"}, id=None)
            self.assertEqual(status_of(self.post(session, cancel)[0]), 202)
            rest = peer.receive_all()
            self.assertEqual(rest, b"0\r\n\r\n")
        head, _ = self.ask("Accept: text/event-stream", session, "Last-Event-ID: 1-0",
                           method="GET")
        self.assertEqual(status_of(head), 204)

    def test_only_what_is_cancelled_is_disturbed(self):
        session = self.begin()
        with connect(self.server.port) as peer:
            self.begin_call(peer, session, call("a b", token=1, id="slow"), "?interval=1h")
            self.assertIn(b"id: 1-0", peer.receive())
            for id in (999, "other", "slow"):
                cancel = rpc("notifications/cancelled", {"requestId": id}, id=None)
                self.assertEqual(status_of(self.post(session, cancel)[0]), 202)
            self.assertNotIn(b"1-2", peer.receive_all())

    def test_a_call_can_be_cancelled_after_many_others(self):
        session = self.begin()
        with connect(self.server.port) as peer:
            self.begin_call(peer, session, call("a", id="slow"), "?ttft=1h")
            self.assertIn(b"id: 1-0", peer.receive())
            for _ in range(33):
                self.events(session, call("a"), "?interval=0")
            cancel = rpc("notifications/cancelled", {"requestId": "slow"}, id=None)
            self.assertEqual(status_of(self.post(session, cancel)[0]), 202)
            self.assertEqual(peer.receive_all(), b"0\r\n\r\n")


if __name__ == "__main__":
    main()
