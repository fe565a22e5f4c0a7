"""Channels of stream-echo: what is published reaches all who subscribe, once and in order, also those
who come back, who are slow, or who come back after the server was restarted."""

import json
import os
import socket
import subprocess

import harness
import http_stream
from crowd import memory
from harness import fields_of, main, status_of
from http_stream import EventReader


class PublishTest(harness.TestCase):
    options = ()

    def setUp(self):
        self.server = harness.Echo(*self.options)
        self.addCleanup(self.server.stop)

    def publish(self, channel, data, *, query="", server=None):
        """The id, and the number of subscribers."""
        port = (server or self.server).port
        head, body = http_stream.ask(port, f"/publish/{channel}{query}", method="POST", body=data)
        self.assertEqual(status_of(head), 200, body)
        self.assertEqual(fields_of(head)["content-type"], "application/json")
        answer = json.loads(body)
        return answer["id"], answer["subscribers"]

    def subscribe(self, channel, last_id=None, *, server=None):
        reader = EventReader((server or self.server).port, f"/events/{channel}", last_id)
        self.addCleanup(reader.close)
        return reader


class Publishing(PublishTest):
    def test_everybody_gets_what_is_published(self):
        readers = [self.subscribe("news") for _ in range(3)]
        other = self.subscribe("other")
        for reader in readers:
            reader.until_open()
        one, count = self.publish("news", b"hello")
        self.assertEqual(count, 3)
        two, _ = self.publish("news", "zwei\nZeilen ä\xff".encode("latin-1"), query="?event=tick")
        for reader in readers:
            self.assertEqual(reader.next(), (one, "message", "hello"))
            self.assertEqual(reader.next(), (two, "tick", "zwei\nZeilen \ufffd\ufffd"))
        self.assertEqual(self.publish("other", b"x")[1], 1)
        self.assertEqual(other.next()[2], "x")

    def test_subscribers_who_leave_are_not_counted(self):
        reader = self.subscribe("news")
        reader.until_open()
        reader.close()
        for _ in range(1000):
            if self.publish("news", b"x")[1] == 0:
                return
        self.fail("it is still there")

    def test_names_sizes_and_numbers_have_limits(self):
        for name in ("", "a%20b", "a/b", "x" * 65, "%2e", ".", ".."):
            for method, path in (("GET", "events"), ("POST", "publish")):
                head, _ = http_stream.ask(self.server.port, f"/{path}/{name}", method=method)
                self.assertEqual(status_of(head), 400, name)
        self.publish("A.b_c-9~" + "x" * 56, b"x" * (1 << 20))
        head, body = http_stream.ask(self.server.port, "/publish/a?id=7", method="POST", body=b"x")
        self.assertEqual(status_of(head), 400, body)
        head, body = http_stream.ask(self.server.port, "/publish/a?event=a%0ab", method="POST")
        self.assertEqual(status_of(head), 400, body)
        head, _ = http_stream.ask(self.server.port, "/publish/a")
        self.assertEqual((status_of(head), fields_of(head)["allow"]), (405, "POST, OPTIONS"))

    def test_of_too_many_channels_one_without_subscribers_is_forgotten(self):
        reader = self.subscribe("first")
        reader.until_open()
        ids = [self.publish(f"channel{i}", b"x")[0] for i in range(63)]
        self.publish("channel0", b"y")
        self.publish("more", b"x")
        self.publish("first", b"still there")
        self.assertEqual(reader.next()[2], "still there")
        self.assertEqual([self.subscribe("channel0", "0").next()[2] for _ in range(2)], ["x", "x"])
        # channel1 has had nothing for the longest time; its ids are none of the next one's.
        self.publish("channel1", b"new")
        again = self.subscribe("channel1", ids[1])
        self.assertEqual(again.next()[1:], ("reset", '{"reason":"unknown"}'))
        self.assertEqual(again.next()[2], "new")

    def test_channels_that_all_have_subscribers_stay(self):
        readers = [self.subscribe(f"channel{i}") for i in range(64)]
        for reader in readers:
            reader.until_open()
        head, body = http_stream.ask(self.server.port, "/publish/more", method="POST", body=b"x")
        self.assertEqual(status_of(head), 503, body)
        head, body = http_stream.ask(self.server.port, "/events/more")
        self.assertEqual(status_of(head), 503, body)

    def test_names_that_are_only_asked_for_cost_nothing(self):
        for i in range(200):
            reader = self.subscribe(f"channel{i}")
            reader.until_open()
            reader.close()

    def test_a_page_from_elsewhere_may_not_publish(self):
        head, _ = http_stream.ask(self.server.port, "/publish/a", "Origin: https://evil.example",
                                  method="POST", body=b"x")
        self.assertEqual(status_of(head), 403)
        self.assertEqual(self.subscribe("a", "0").next_or_none(), None)


class Resuming(PublishTest):
    def test_without_gap_or_double(self):
        reader = self.subscribe("news")
        reader.until_open()
        ids = []
        for i in range(50):
            ids.append(self.publish("news", b"%d" % i)[0])
            if i % 7 == 3:
                self.assertEqual(reader.next()[2], str(reader.count - 1))
                reader.close()  # whatever was on its way is lost, and comes again
                reader = self.subscribe("news", reader.last_id).continue_from(reader)
        while reader.count < 50:
            number = reader.count
            self.assertEqual(reader.next(), (ids[number], "message", str(number)))
        self.assertEqual(reader.next_or_none(), None)

    def test_a_client_that_had_no_event_yet_misses_none(self):
        reader = self.subscribe("news")
        reader.until_open()
        reader.close()
        self.assertRegex(reader.last_id, r"\A[0-9a-f]{10}-0\Z")
        self.publish("news", b"while it was away")
        self.assertEqual(self.subscribe("news", reader.last_id).next()[2], "while it was away")

    def test_without_an_id_only_what_is_new_comes(self):
        self.publish("news", b"old")
        reader = self.subscribe("news")
        reader.until_open()
        self.publish("news", b"new")
        self.assertEqual(reader.next()[2], "new")

    def test_0_asks_for_all_there_is(self):
        for i in range(3):
            self.publish("news", b"%d" % i)
        reader = self.subscribe("news", "0")
        self.assertEqual([reader.next()[2] for _ in range(3)], ["0", "1", "2"])

    def test_all_that_is_kept_comes_without_anything_new(self):
        for _ in range(200):  # several times what is written at once
            self.publish("news", b"x" * 1000)
        reader = self.subscribe("news?heartbeat=0", "0")
        for _ in range(200):
            self.assertEqual(reader.next()[2], "x" * 1000)

    def test_an_id_that_is_too_old_is_told_so(self):
        ids = [self.publish("news", b"%d" % i)[0] for i in range(1010)]
        reader = self.subscribe("news", ids[9])
        self.assertEqual(reader.next(), (ids[10], "message", "10"))
        reader = self.subscribe("news", ids[3])
        self.assertEqual(reader.next(), (ids[9], "reset", '{"reason":"lost"}'))
        self.assertEqual(reader.next(), (ids[10], "message", "10"))

    def test_an_id_from_before_a_restart_is_recognised(self):
        reader = self.subscribe("news", "0")
        for i in range(5):
            self.publish("news", b"%d" % i)
        for _ in range(5):
            reader.next()
        with harness.Echo() as restarted:
            ids = [self.publish("news", b"new %d" % i, server=restarted)[0] for i in range(7)]
            again = self.subscribe("news", reader.last_id, server=restarted)
            number, kind, data = again.next()
            self.assertEqual((kind, data), ("reset", '{"reason":"unknown"}'))
            self.assertEqual([again.next() for _ in range(7)],
                             [(ids[i], "message", f"new {i}") for i in range(7)])
            # What it was told is enough to come back with.
            again.close()
            self.assertEqual(self.subscribe("news", number, server=restarted).next()[2], "new 0")


class Slow(PublishTest):
    def test_who_falls_behind_is_told_so_and_holds_nobody_up(self):
        slow = self.slow_subscriber()
        quick = self.subscribe("news")
        quick.until_open()
        data = b"x" * (8 << 10)
        ids = []
        for _ in range(3000):  # 24 MB: more than the system holds for a connection, and is kept
            ids.append(self.publish("news", data)[0])
            self.assertEqual(quick.next()[0], ids[-1])
        got = []
        while not got or got[-1][0] != ids[-1]:
            got.append(slow.next())
        resets = [at for at, event in enumerate(got) if event[1] == "reset"]
        self.assertTrue(resets)
        self.assertEqual(got[resets[0]][2], '{"reason":"slow"}')
        # But for what the resets stand for, everything came, in order.
        numbers = [ids.index(event[0]) for event in got]
        for at in range(1, len(got)):
            step = numbers[at] - numbers[at - 1]
            self.assertTrue(step >= 1 if got[at][1] == "reset" else step == 1, got[at])

    def test_an_event_that_is_lost_while_it_is_sent_ends_the_stream(self):
        slow = self.slow_subscriber()
        quick = self.subscribe("news")
        quick.until_open()
        data = b"x" * (1 << 20)
        for _ in range(30):
            last = self.publish("news", data)[0]
            self.assertEqual(quick.next()[0], last)
        with self.assertRaisesRegex(AssertionError, "the stream has ended"):
            while slow.next()[0] != last:
                pass
        again = self.subscribe("news", slow.last_id)
        self.assertEqual(again.next()[1:], ("reset", '{"reason":"lost"}'))
        self.assertEqual(len(again.next()[2]), 1 << 20)

    def test_who_does_not_read_costs_little_however_large_the_events_are(self):
        before = memory(self.server.pid, "VmRSS")
        for _ in range(40):
            self.slow_subscriber()
        self.publish("news", b"\n" * (1 << 20))  # seven times as much on the wire
        if not harness.SANITIZED:
            self.assertLess(memory(self.server.pid, "VmHWM") - before, 40 << 20)

    def slow_subscriber(self):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", self.server.port))
        reader = EventReader(self.server.port, "/events/news", None, sock=sock)
        self.addCleanup(reader.close)
        reader.until_open()
        return reader


class Feed(harness.TestCase):
    def start(self, *options):
        """A server that publishes what is written to its standard input."""
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        server = harness.Echo("--stdin", "lines", *options, stdin=read)
        self.addCleanup(server.stop)
        return server, os.fdopen(write, "wb", buffering=0)

    def test_each_line_is_an_event(self):
        server, pipe = self.start()
        reader = EventReader(server.port, "/events/lines", "0")
        self.addCleanup(reader.close)
        reader.until_open()
        pipe.write(b"one\r\n\nthr")
        self.assertEqual([reader.next()[2] for _ in range(2)], ["one", ""])
        pipe.write(b"ee\n" + b"x" * (1 << 20) + b"\n" + b"y" * ((1 << 20) + 1) + b"\nlast \xff")
        pipe.close()
        self.assertEqual([reader.next()[2] for _ in range(3)], ["three", "x" * (1 << 20), "last \ufffd"])
        self.assertEqual(http_stream.ask(server.port, "/publish/lines", method="POST",
                                         body=b"it goes on")[0][9:12], b"200")
        self.assertEqual(reader.next()[2], "it goes on")

    def test_a_flood_of_lines_loses_none(self):
        server, pipe = self.start()
        reader = EventReader(server.port, "/events/lines")
        self.addCleanup(reader.close)
        reader.until_open()
        count = 5_000 if harness.SANITIZED else 100_000
        with subprocess.Popen(["seq", str(count)], stdout=pipe):
            pipe.close()
            for number in range(1, count + 1):
                self.assertEqual(reader.next()[2], str(number))

    def test_it_does_not_go_with_what_has_no_standard_input(self):
        for words in (["--threads", "2"], ["--", "true"]):
            run = subprocess.run([harness.STREAM_ECHO, "--stdin", "a", *words],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                 timeout=harness.TIME_LIMIT)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn("stdin", run.stderr)


if __name__ == "__main__":
    main()
