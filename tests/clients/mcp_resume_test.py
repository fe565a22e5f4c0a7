"""Answers at /mcp of stream-echo that a client has lost and gets later: resuming, its limits, and
threads; byte by byte off a raw socket."""

import contextlib
import threading

import harness
from harness import connect, main, status_of
from http_stream import fields_of_block, request, unchunked
from mcp_harness import McpTest, blocks_of, call, text_of, words_of


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
        self.assertEqual("".join(data["params"]["message"] for data in got[:-1]), "1 2 3 4 5")
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
            self.begin_call(peer, session, call("a b", token=1), "?ttft=300ms&interval=0")
        events = self.resume(session, "1-0")  # before it is due: it waits
        self.assertEqual([id for id, _ in events], ["1-1", "1-2", "1-3"])
        self.assertEqual(self.resume(session, "1-0"), events)

    def test_who_comes_back_takes_over(self):
        session = self.begin()
        with connect(self.server.port) as peer:
            self.begin_call(peer, session, call("a b c d e", token=1), "?tps=20")
            self.assertIn(b"id: 1-0", peer.receive())
            rest = self.resume(session, "1-0")
            self.assertEqual("".join(words_of(rest)), "a b c d e")
            self.assertNotIn(b"result", peer.receive_all())

    def test_whose_answer_is_taken_over_does_not_wait_for_it(self):
        session = self.begin()
        with connect(self.server.port) as first, connect(self.server.port) as second:
            self.begin_call(first, session, call("a"), "?ttft=1h")
            self.assertIn(b"id: 1-0", first.receive())
            second.send(request(self.server.port, "/mcp", "Accept: text/event-stream", session,
                                "Last-Event-ID: 1-0"))
            self.assertEqual(status_of(second.receive_head()), 200)
            self.assertEqual(first.receive_all(), b"0\r\n\r\n")

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


class Age(McpTest):
    options = ("--max-age", "200ms")

    def test_a_connection_that_is_too_old_ends_in_order_and_the_rest_comes_later(self):
        session = self.begin()
        events = self.events(session, call("a b c d e f", token=1), "?interval=70ms")
        self.assertEqual(events[-1][0], "retry")
        got = events[:-1]
        while not got[-1][1] or "result" not in got[-1][1]:
            events = self.resume(session, got[-1][0])
            got += [event for event in events if event[0] != "retry"]
        self.assertEqual([id for id, _ in got], [f"1-{at}" for at in range(8)])
        self.assertEqual("".join(words_of(got)), "a b c d e f")


class Memory(harness.TestCase):
    def test_sessions_full_of_answers_stay_within_their_limit(self):
        if harness.SANITIZED:
            self.skipTest("a sanitizer keeps what is freed")
        test = McpTest()
        test.server = server = harness.Echo()
        self.addCleanup(server.stop)
        session = test.begin()
        text = "x" * 400_000
        test.events(session, call(text), "?interval=0")
        before = harness.resident_bytes(server.pid)
        for _ in range(40):
            test.events(session, call(text), "?interval=0")
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

    def test_who_begins_to_read_while_a_session_ends_does_not_stay(self):
        for _ in range(20):
            session = self.begin()
            with contextlib.ExitStack() as stack:
                peers = [stack.enter_context(connect(self.server.port)) for _ in range(9)]
                for at, peer in enumerate(peers):
                    peer.send(request(self.server.port, "/mcp", "Accept: text/event-stream", session,
                                      method="DELETE" if at == 4 else "GET"))
                for peer in peers:
                    if status_of(peer.receive_head()) == 200:
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
