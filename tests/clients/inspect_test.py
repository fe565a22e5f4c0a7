"""The endpoints of stream-echo that show a client its own request, or how it takes an answer: byte by
byte off a raw socket, and with curl."""

import json
import subprocess

import harness
import http_stream
from harness import connect, fields_of, main, status_of
from http_stream import request

CURL = "/usr/bin/curl"  # Debian's


class InspectTest(harness.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Echo(*cls.options)
        cls.url = f"http://127.0.0.1:{cls.server.port}"

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        if code:
            raise AssertionError(f"stream-echo ended with {code}")

    def ask(self, path, *lines, **rest):
        return http_stream.ask(self.server.port, path, *lines, **rest)

    def ask_json(self, path, *lines, **rest):
        head, body = self.ask(path, *lines, **rest)
        self.assertEqual(status_of(head), 200, head)
        self.assertEqual(fields_of(head)["content-type"], "application/json")
        self.assertEqual(int(fields_of(head)["content-length"]), len(body))
        return json.loads(body)

    def curl(self, *arguments):
        done = subprocess.run([CURL, "-s", *arguments], capture_output=True,
                              timeout=harness.TIME_LIMIT)
        return done.returncode, done.stdout


class Anything(InspectTest):
    def test_the_request_comes_back(self):
        seen = self.ask_json("/anything/a/b?x=1&x=%C3%A4", "X-A: 1", "x-a: 2", method="PURGE",
                             body=b'{"a": [1, null]}')
        self.assertEqual(seen["method"], "PURGE")
        self.assertEqual(seen["url"], f"{self.url}/anything/a/b?x=1&x=%C3%A4")
        self.assertEqual(seen["path"], "/anything/a/b")
        self.assertEqual(seen["args"], [{"name": "x", "value": "1"}, {"name": "x", "value": "ä"}])
        names = [field["name"] for field in seen["headers"]]
        self.assertEqual(names, ["Host", "X-A", "x-a", "Content-Length"])
        self.assertEqual((seen["data"], seen["size"]), ('{"a": [1, null]}', 16))
        self.assertEqual(seen["json"], {"a": [1, None]})
        self.assertRegex(seen["origin"], r"^127\.0\.0\.1:\d+$")

    def test_any_bytes_come_back_also_in_chunks(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/anything", "Transfer-Encoding: chunked",
                              method="PUT"))
            peer.send(b"3\r\n\xff\x00a\r\n2\r\nbc\r\n0\r\n\r\n")
            self.assertEqual(status_of(peer.receive_head()), 200)
            seen = json.loads(peer.receive_all())
        self.assertEqual((seen["base64"], seen["size"]), ("/wBhYmM=", 5))
        self.assertNotIn("data", seen)
        self.assertNotIn("json", seen)

    def test_a_body_that_is_too_large_is_refused(self):
        head, _ = self.ask("/anything", "Content-Length: 1048577", method="POST")
        self.assertEqual(status_of(head), 413)

    def test_pages_of_other_machines_and_other_hosts_see_nothing(self):
        head, body = self.ask("/anything", "Origin: https://evil.example")
        self.assertEqual(status_of(head), 403)
        self.assertNotIn("access-control-allow-origin", fields_of(head))
        self.assertNotIn(b'"headers"', body)
        with connect(self.server.port) as peer:
            peer.send(b"GET /anything HTTP/1.1\r\nHost: evil.example\r\n\r\n")
            self.assertEqual(status_of(peer.receive_head()), 421)
        head, _ = self.ask("/anything", "Origin: http://localhost:3000")
        self.assertEqual(fields_of(head)["access-control-allow-origin"], "http://localhost:3000")

    def test_a_head_and_a_preflight(self):
        head, body = self.ask("/anything", method="HEAD")
        self.assertEqual((status_of(head), body), (200, b""))
        self.assertGreater(int(fields_of(head)["content-length"]), 100)
        for wanted in ("PUT", "PURGE"):
            head, body = self.ask("/anything", "Origin: http://localhost:3000",
                                  f"Access-Control-Request-Method: {wanted}", method="OPTIONS")
            self.assertEqual((status_of(head), body), (204, b""))
            self.assertEqual(fields_of(head)["access-control-allow-methods"], wanted)

    def test_an_options_that_is_no_preflight_is_a_method_like_others(self):
        self.assertEqual(self.ask_json("/anything", method="OPTIONS")["method"], "OPTIONS")
        head, _ = self.ask("/status/503", method="OPTIONS")
        self.assertEqual(status_of(head), 503)

    def test_a_query_is_shown_and_not_read(self):
        seen = self.ask_json("/anything?count=many&%zz")
        self.assertEqual([arg["name"] for arg in seen["args"]], ["count", "%zz"])

    def test_no_fault_is_in_a_query(self):
        for query in ("status=active", "status=503", "drop", "hang&prob=x"):
            self.assertEqual(self.ask_json(f"/anything?{query}")["url"],
                             f"{self.url}/anything?{query}")

    def test_faults_for_everybody_hold_here_too(self):
        with harness.Echo("--fault", "status=503,retry-after=7") as server:
            head, _ = http_stream.ask(server.port, "/anything?status=200")
            self.assertEqual((status_of(head), fields_of(head)["retry-after"]), (503, "7"))

    def test_health_counts_connections(self):
        with connect(self.server.port) as peer:
            peer.send(request(self.server.port, "/sse"))
            peer.receive_head()
            health = self.ask_json("/health")
        self.assertEqual(health["status"], "ok")
        self.assertGreaterEqual(health["connections"], 2)


class Statuses(InspectTest):
    def test_every_status_is_answered_with_its_body_or_without(self):
        for status in range(200, 600):
            with self.subTest(status=status):
                head, body = self.ask(f"/status/{status}")
                self.assertEqual(status_of(head), status)
                if status in (204, 304):
                    self.assertNotIn("content-length", fields_of(head))
                if status in (204, 205, 304):
                    self.assertEqual(body, b"")
                else:
                    self.assertTrue(body.startswith(str(status).encode()), body)
                    self.assertEqual(body.decode().split(" ", 1)[-1].strip(),
                                     head.split(b"\r\n")[0].decode().split(" ", 2)[2]
                                     or str(status))

    def test_interim_statuses_are_no_answers(self):
        for status in ("000", "099", "100", "101", "199", "600"):
            head, body = self.ask(f"/status/{status}")
            self.assertEqual(status_of(head), 400)
            self.assertEqual(body, f'"{status}" is not a status from 200 to 599\n'.encode())


class WithCurl(InspectTest):
    def test_it_follows_redirects(self):
        code, out = self.curl("-L", "-w", "%{num_redirects} %{url_effective}", "-o", "/dev/null",
                              f"{self.url}/redirect/3")
        self.assertEqual((code, out.decode()), (0, f"3 {self.url}/anything"))

    def test_a_post_stays_one_only_with_307_and_308(self):
        for status, method in ((301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"),
                               (308, "POST")):
            _, out = self.curl("-L", "-d", "x", f"{self.url}/redirect/2?code={status}")
            self.assertEqual(json.loads(out)["method"], method, status)

    def test_it_stops_at_its_own_limit(self):
        code, _ = self.curl("-L", "--max-redirs", "5", f"{self.url}/redirect/6")
        self.assertEqual(code, 47)

    def test_it_tells_who_it_is(self):
        for path in ("/basic-auth", "/basic-auth/joe/se%20cret"):
            _, out = self.curl("--user", "joe:se cret", self.url + path)
            self.assertEqual(json.loads(out), {"authenticated": True, "user": "joe"})
            _, out = self.curl("--anyauth", "--user", "joe:se cret", self.url + path)
            self.assertEqual(json.loads(out), {"authenticated": True, "user": "joe"})
        code, _ = self.curl("-f", "--user", "joe:wrong", f"{self.url}/basic-auth/joe/secret")
        self.assertEqual(code, 22)
        _, out = self.curl("--oauth2-bearer", "abc", f"{self.url}/bearer")
        self.assertEqual(json.loads(out), {"authenticated": True, "token": "abc"})

    def test_it_waits_or_gives_up(self):
        code, out = self.curl("-w", " %{time_total}", f"{self.url}/delay/300ms")
        self.assertEqual(code, 0)
        body, seconds = out.decode().rsplit(" ", 1)
        self.assertEqual(json.loads(body)["path"], "/delay/300ms")
        self.assertGreaterEqual(float(seconds), 0.3)
        code, _ = self.curl("--max-time", "0.2", f"{self.url}/delay/60")
        self.assertEqual(code, 28)

    def test_a_body_that_waits_for_the_word_is_seen(self):
        _, out = self.curl("-H", "Expect: 100-continue", "-d", "hello", f"{self.url}/anything")
        self.assertEqual(json.loads(out)["data"], "hello")


class Leaving(harness.TestCase):
    def test_a_client_that_leaves_is_not_waited_for(self):
        server = harness.Echo()
        self.addCleanup(server.stop)
        for _ in range(20):
            with connect(server.port) as peer:
                peer.send(request(server.port, "/delay/60"))
        for _ in range(1000):
            _, body = http_stream.ask(server.port, "/health")
            if json.loads(body)["connections"] == 1:
                break
        else:
            self.fail("they are still there")
        self.assertEqual(server.stop(), 0)

    def test_more_from_a_client_that_waits_is_ignored(self):
        server = harness.Echo()
        self.addCleanup(server.stop)
        with connect(server.port) as peer:
            peer.send(request(server.port, "/delay/100ms", method="POST", body=b"x"))
            peer.send(b"more")
            self.assertEqual(status_of(peer.receive_head()), 200)
            self.assertEqual(json.loads(peer.receive_all())["data"], "x")
        self.assertEqual(server.stop(), 0)

    def test_who_waits_for_an_answer_gets_it_when_the_server_stops(self):
        server = harness.Echo()
        self.addCleanup(server.stop)
        with connect(server.port) as peer:
            peer.send(request(server.port, "/delay/60", "Expect: 100-continue", method="POST",
                              body=b"x"))
            self.assertEqual(status_of(peer.receive_head()), 100)  # it is there
            self.assertEqual(server.stop(), 0)
            self.assertEqual(status_of(peer.receive_head()), 200)
            self.assertEqual(json.loads(peer.receive_all())["data"], "x")

    def test_the_log_tells_who_left_before_an_answer(self):
        done = subprocess.run(
            [harness.STREAM_ECHO, "-v", "--port", "0", "--", "sh", "-c",
             f'{CURL} -s --max-time 0.2 "$STREAM_ECHO_HTTP_URL/delay/60"'],
            capture_output=True, timeout=harness.TIME_LIMIT)
        self.assertIn(b"the answer comes after 60 s", done.stderr)
        self.assertIn(b"left before its answer", done.stderr)
        self.assertNotIn(b"no request", done.stderr)

    def test_the_log_tells_no_secrets(self):
        done = subprocess.run(
            [harness.STREAM_ECHO, "-v", "-v", "--port", "0", "--", "sh", "-c",
             'for path in basic-auth/joe/hunter2 headers bearer "anything?k=hunter2"; do'
             f' {CURL} -s --oauth2-bearer hunter2 "$STREAM_ECHO_HTTP_URL/$path"; done'],
            capture_output=True, timeout=harness.TIME_LIMIT)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"hunter2", done.stdout)
        self.assertEqual(done.stderr.count(b"answered 200"), 3, done.stderr)
        self.assertNotIn(b"hunter2", done.stderr)


if __name__ == "__main__":
    main()
