"""stream-echo --threads: what one thread does, several do together. Connections are dealt out, but
numbers, limits, the log, the verdict and the end are those of one server."""

import io
import json
import socket
import ssl
import tempfile
import threading

import harness
import http_stream
from crowd import exchange, memory
from harness import BINARY, FIXED_KEY, TEXT, close_frame, connect, fields_of, frame, main
from harness import open_websocket, status_of, upgrade_request
from http_stream import EventReader

MIB = 1 << 20
COUNT = 4
BYE = close_frame(1000, key=FIXED_KEY)


class Threads(harness.TestCase):
    def serve(self, *options):
        server = harness.Echo("--ping-interval", "0", "--threads", str(COUNT), *options)
        self.addCleanup(server.stop)
        return server

    def crowd(self, server, count, **how):
        peers = []
        for _ in range(count):
            peers.append(open_websocket(server.port, **how))
            self.addCleanup(peers[-1].sock.close)
        return peers

    def lines(self, server):
        """What --to jsonl has printed, once the server has ended."""
        return [json.loads(line) for line in self.rest(server).splitlines()]

    def rest(self, server):
        parts = []
        while data := server.process.stdout.read(MIB):
            parts.append(data)
        return b"".join(parts)

    def assert_all_served(self, peers):
        payloads = [f"message {at} ".encode() * (1 + at * 40) for at in range(len(peers))]
        exchange([(peer, frame(BINARY, payload, key=FIXED_KEY), payload)
                  for peer, payload in zip(peers, payloads)])

    def test_connections_are_dealt_out_to_all_threads(self):
        server = self.serve()
        self.assert_all_served(self.crowd(server, 80))  # all have begun to wait
        before = switches(server.pid)
        peers = self.crowd(server, 80)
        self.assert_all_served(peers)
        # A thread that waits for connections in vain does not run. ThreadSanitizer has one more.
        after = switches(server.pid)
        busy = [task for task in before if after[task] > before[task]]
        self.assertGreaterEqual(len(busy), COUNT, f"{before} {after}")
        for peer in peers:
            peer.send(BYE)
        for peer in peers:
            self.assertEqual(peer.receive_all(), close_frame(1000))
        self.assertEqual(server.stop(), 0)

    def test_both_loopback_addresses_are_served(self):
        server = self.serve()
        for _ in range(20):
            sock = harness.socket.create_connection(("::1", server.port), harness.TIME_LIMIT)
            with harness.Peer(sock) as peer:
                peer.send(upgrade_request(server.port) + BYE)
                self.assertEqual(status_of(peer.receive_head()), 101)

    def test_numbers_are_unique_and_every_connection_has_all_its_lines(self):
        server = self.serve("--to", "jsonl")
        for _ in range(3):
            peers = self.crowd(server, 50)
            self.assert_all_served(peers)
            for peer in peers:
                peer.send(BYE)
                self.assertEqual(peer.receive_all(), close_frame(1000))
                peer.sock.close()
        server.process.terminate()
        lines = self.lines(server)
        self.assertEqual(server.stop(), 0)
        for kind in ("open", "message", "close"):
            numbers = [line["conn"] for line in lines if line["kind"] == kind]
            self.assertEqual(sorted(numbers), list(range(1, 151)), kind)

    def test_limit_on_connections_holds_for_all_together(self):
        server = self.serve("--max-connections", "30")
        peers = self.crowd(server, 30)
        for _ in range(20):
            with connect(server.port) as peer:
                head = peer.receive_head()
                self.assertEqual(status_of(head), 503)
                self.assertEqual(fields_of(head)["retry-after"], "1")
        self.assert_all_served(peers)

    def test_end_of_the_server_is_told_to_everybody(self):
        server = self.serve("--to", "jsonl")
        peers = self.crowd(server, 40)
        with connect(server.port):  # who has not asked for anything is dropped
            server.process.terminate()
            for peer in peers:
                self.assertEqual(peer.receive_until_close(masked=False),
                                 close_frame(1001, "the server is stopping"))
            for peer in peers:
                peer.send(close_frame(1001, key=FIXED_KEY))
                self.assertEqual(peer.receive_all(), b"")
                peer.sock.close()
        closed = [line for line in self.lines(server) if line["kind"] == "close"]
        self.assertEqual(sorted(line["conn"] for line in closed)[:40], list(range(1, 41)))
        self.assertEqual({(line["code"], line["by"]) for line in closed}, {(1001, "us")})
        self.assertEqual(server.stop(), 0)

    def test_peers_that_do_not_answer_are_left_behind(self):
        server = self.serve()
        self.crowd(server, 20)
        self.assertEqual(server.stop(), 0)

    def test_slow_reader_of_the_log_holds_all_threads_up(self):
        server = self.serve("--to", "jsonl")
        peers = self.crowd(server, 16)
        payload = b"0123456789abcdef" * (4 * MIB // 16)
        whole = frame(TEXT, payload, key=FIXED_KEY)
        errors = []

        def talk():
            try:
                exchange([(peer, whole, payload) for peer in peers])
                for peer in peers:
                    peer.send(BYE)
                    peer.receive_all()
            except (AssertionError, OSError) as error:
                errors.append(error)

        talker = threading.Thread(target=talk, daemon=True)
        talker.start()
        talker.join(1)
        self.assertTrue(talker.is_alive(), "nobody waits for the reader of the log")
        if not harness.SANITIZED:
            self.assertLess(memory(server.pid, "VmHWM"), 56 * MIB)
        sizes, closed = {}, 0
        with server.process.stdout as stdout:
            buffered = io.BufferedReader(stdout, MIB)
            while closed < len(peers):
                line = json.loads(buffered.readline())
                closed += line["kind"] == "close"
                if line["kind"] == "message":
                    self.assertTrue(payload.startswith(line["data"].encode()[:16]))
                    sizes[line["conn"]] = sizes.get(line["conn"], 0) + line["size"]
            talker.join(harness.TIME_LIMIT)
            self.assertEqual(errors, [])
            self.assertEqual(sizes, {conn: len(payload) for conn in range(1, len(peers) + 1)})

    def test_reader_of_the_log_that_leaves_is_no_reason_to_stop(self):
        server = self.serve("--to", "jsonl")
        peers = self.crowd(server, 20)
        server.process.stdout.close()
        for _ in range(5):
            self.assert_all_served(peers)

    def test_client_that_breaks_the_protocol_is_noticed_in_any_thread(self):
        for _ in range(4):
            server = self.serve("--check-client")
            with open_websocket(server.port) as peer:
                peer.send(frame(TEXT, b"unmasked"))
                peer.receive_all()
            self.assertEqual(server.stop(), 100)

    def test_every_thread_follows_the_script(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as script:
            script.write('{"on": "open", "send_text": "welcome"}\n')
            script.flush()
            server = self.serve("--fault-script", script.name)
            welcome = frame(TEXT, b"welcome")
            for peer in self.crowd(server, 40):
                peer.send(BYE)
                self.assertEqual(peer.receive_all(), welcome + close_frame(1000))

    def test_all_threads_have_the_certificate_of_the_one_authority(self):
        with tempfile.TemporaryDirectory() as folder:
            authority = f"{folder}/ca.pem"
            server = self.serve("--tls", "--ca-out", authority)
            context = ssl.create_default_context(cafile=authority)
            for _ in range(20):
                raw = socket.create_connection(("127.0.0.1", server.port), harness.TIME_LIMIT)
                with context.wrap_socket(raw, server_hostname="127.0.0.1") as sock:
                    peer = harness.Peer(sock)
                    peer.send(upgrade_request(server.port))
                    self.assertEqual(status_of(peer.receive_head()), 101)

    def test_all_threads_speak_tls(self):
        server = self.serve("--tls")
        for _ in range(20):
            with open_websocket(server.port, tls=True) as peer:
                peer.send(frame(TEXT, b"secret", key=FIXED_KEY) + BYE)
                self.assertEqual(peer.receive_until_close(masked=False),
                                 frame(TEXT, b"secret") + close_frame(1000))

    def test_faults_hold_in_all_threads(self):
        server = self.serve("--fault", "close=4000&after=1")
        for _ in range(20):
            with open_websocket(server.port) as peer:
                peer.send(frame(TEXT, b"a", key=FIXED_KEY))
                self.assertEqual(peer.receive_until_close(masked=False),
                                 frame(TEXT, b"a") + close_frame(4000))

    def test_what_is_published_in_any_thread_reaches_the_subscribers_of_all(self):
        server = self.serve()
        readers = [EventReader(server.port, "/events/news") for _ in range(20)]
        for reader in readers:
            self.addCleanup(reader.close)
            reader.until_open()

        def publish(name):
            for number in range(30):
                http_stream.ask(server.port, "/publish/news", method="POST",
                                body=f"{name} {number}".encode())

        publishers = [threading.Thread(target=publish, args=(name,)) for name in "abc"]
        for publisher in publishers:
            publisher.start()
        for publisher in publishers:
            publisher.join()
        first = [readers[0].next() for _ in range(90)]
        for name in "abc":
            self.assertEqual([data for _, _, data in first if data.startswith(name)],
                             [f"{name} {number}" for number in range(30)])
        for reader in readers[1:]:
            self.assertEqual([reader.next() for _ in range(90)], first)
        reader = EventReader(server.port, "/events/news", first[40][0])
        self.addCleanup(reader.close)
        self.assertEqual(reader.next(), first[41])

    def test_another_server_does_not_get_into_the_port(self):
        server = self.serve()
        run = harness.subprocess.run(
            [harness.STREAM_ECHO, "--port", str(server.port), "--threads", str(COUNT)],
            capture_output=True, timeout=harness.TIME_LIMIT)
        self.assertEqual(run.returncode, 7, run.stderr)
        self.assertIn(b"Address already in use", run.stderr)

    def test_time_is_up_for_all_threads(self):
        server = self.serve("--max-time", "0.3")
        peers = self.crowd(server, 20)
        for peer in peers:
            self.assertEqual(peer.receive_until_close(masked=False)[2:4], b"\x03\xe9")
            peer.send(close_frame(1001, key=FIXED_KEY))
            peer.sock.close()
        self.assertEqual(server.process.wait(harness.TIME_LIMIT), 28)


def switches(pid):
    """How often each thread of a process has waited for something so far."""
    counts = {}
    for status in harness.pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        line, = (line for line in status.read_text().splitlines()
                 if line.startswith("voluntary_ctxt_switches:"))
        counts[status.parent.name] = int(line.split()[1])
    return counts


if __name__ == "__main__":
    main()
