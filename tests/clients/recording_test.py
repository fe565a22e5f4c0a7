"""Recordings of real runs, read back by a reader of its own: what was recorded is what went over the
wire, gives the same events as the run, and holds no secret."""

import base64
import json
import pathlib
import resource
import signal
import subprocess
import tempfile

import harness
from harness import BINARY, FIXED_KEY, PING, PONG, TEXT, Echo, FrameReader, ScriptedServer
from harness import close_frame, connect, events_of, frame, main, open_websocket, upgrade_request
from harness import upgrade_response, ws_cat

SECRETS = ["hunter2", "verysecret", "topsecretcookie", "supersecretkey", "sk-proj-protocolsecret"]
SECRET_OPTIONS = ["-u", "alice:hunter2", "-b", "id=topsecretcookie", "-H", "X-Api-Key: supersecretkey",
                  "--subprotocol", "realtime",
                  "--subprotocol", "openai-insecure-api-key.sk-proj-protocolsecret"]


class Connection:
    """What a recording tells of one connection."""

    def __init__(self):
        self.sent, self.received, self.happened = b"", b"", []


def read_recording(path):
    """(header, {conn: Connection}); a part of a line at the end is left out."""
    text = pathlib.Path(path).read_bytes()
    lines = [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]
    connections, last = {}, 0
    for line in lines[1:]:
        time, kind, what = line[:3]
        if not isinstance(time, int) or time < last:
            raise AssertionError(f"time goes backwards: {line}")
        last = time
        connection = connections.setdefault(line[3] if len(line) > 3 else 1, Connection())
        if kind == "x":
            connection.happened.append(what)
        elif kind == "<":
            connection.received += base64.b64decode(what, validate=True)
        else:
            connection.sent += base64.b64decode(what, validate=True)
    return lines[0], connections


def split_head(data):
    head, divider, rest = data.partition(b"\r\n\r\n")
    return head + divider, rest


class Recording(harness.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.client_file = self.folder / "client.streamrec"
        self.server_file = self.folder / "server.streamrec"

    def assert_no_secret(self, path, secrets=SECRETS):
        text = pathlib.Path(path).read_bytes()
        _, connections = read_recording(path)
        for connection in connections.values():
            text += connection.sent + connection.received
        for secret in secrets:
            for form in (secret.encode(), base64.b64encode(secret.encode()).rstrip(b"="),
                         base64.b64encode(f"alice:{secret}".encode())):
                self.assertNotIn(form, text)

    def assert_same_but_for_stars(self, recorded, real):
        self.assertEqual(len(recorded), len(real))
        differing = {chr(a) for a, b in zip(recorded, real) if a != b}
        self.assertEqual(differing, {"*"}, recorded)

    def test_both_ends_record_what_the_run_showed(self):
        with Echo("--record", str(self.server_file)) as server:
            run = ws_cat("--record", self.client_file, "--to", "jsonl", "--show-control",
                         "--eof-wait", "inf", "--count", "3", *SECRET_OPTIONS,
                         server.url + "/ws?access_token=verysecret", "-d", "hello",
                         "-d", "\N{SNOWMAN}", "--data-binary", "x" * 70000)
            self.assert_exit(0, run)
            self.assertEqual(server.stop(), 0)

        header, connections = read_recording(self.client_file)
        self.assertEqual((header["streamrec"], header["side"]), (1, "client"))
        self.assertEqual(header["url"], f"{server.url}/ws?access_token=**********")
        self.assertEqual(list(connections), [1])
        client = connections[1]
        _, frames = split_head(client.received)
        self.assertEqual(events_of(frames, masked=False), run.events())
        _, frames = split_head(client.sent)
        self.assertEqual(events_of(frames, masked=True)[:2],
                         [("message", "text", b"hello"), ("message", "text", "\N{SNOWMAN}".encode())])
        self.assertEqual(client.happened[0], "open")
        self.assertIn(client.happened[-1], ("<eof", ">eof"))

        header, connections = read_recording(self.server_file)
        self.assertEqual((header["side"], header["url"]), ("server", server.url))
        self.assertEqual(connections[1].received, client.sent)
        self.assertEqual(connections[1].sent, client.received)
        self.assert_no_secret(self.client_file)
        self.assert_no_secret(self.server_file)

    def test_secrets_are_overwritten_in_place_in_both_directions(self):
        answer = []

        def script(peer, request):
            answer.append(upgrade_response(request, "Set-Cookie: id=topsecretcookie; Path=/"))
            peer.send(answer[0] + close_frame(1000))
            peer.receive_until_close(masked=True)
            return request

        server = ScriptedServer(script)
        run = ws_cat("--record", self.client_file, *SECRET_OPTIONS, f"{server.url}/?token=verysecret")
        self.assert_exit(0, run)
        request = server.result()
        connection = read_recording(self.client_file)[1][1]
        self.assert_same_but_for_stars(split_head(connection.sent)[0], request)
        self.assert_same_but_for_stars(split_head(connection.received)[0], answer[0])
        self.assert_no_secret(self.client_file)

    def test_secrets_are_kept_on_request(self):
        server = ScriptedServer(lambda peer, request: request)
        ws_cat("--record", self.client_file, "--record-secrets", *SECRET_OPTIONS,
               f"{server.url}/?token=verysecret")
        self.assertEqual(read_recording(self.client_file)[1][1].sent, server.result())

    def test_head_that_dribbles_in_shows_no_secret(self):
        with Echo("--record", str(self.server_file)) as server:
            request = upgrade_request(server.port, "Authorization: Bearer hunter2",
                                      "Cookie: id=topsecretcookie", "X-Api-Key: supersecretkey",
                                      path="/ws?key=verysecret")
            with connect(server.port) as peer:
                peer.send_bytewise(request)
                self.assertEqual(harness.status_of(peer.receive_head()), 101)
            with connect(server.port) as peer:  # and one that is never complete
                peer.send_bytewise(request[:-2])
                peer.end()
                peer.receive_all()
            self.assertEqual(server.stop(), 0)
        _, connections = read_recording(self.server_file)
        self.assertEqual(list(connections), [1, 2])
        self.assert_same_but_for_stars(connections[1].received, request)
        self.assert_same_but_for_stars(connections[2].received, request[:-2])
        self.assertEqual(connections[2].happened[:2], ["open", "<eof"])
        self.assert_no_secret(self.server_file)

    def test_redirect_target_is_redacted(self):
        def script(peer, _):
            peer.send(b"HTTP/1.1 302 Found\r\nLocation: http://alice:hunter2@h/?token=verysecret\r\n"
                      b"Content-Length: 0\r\n\r\n")

        server = ScriptedServer(script)
        self.assert_exit(22, ws_cat("--record", self.client_file, server.url))
        self.assertIn(b"\r\nLocation: http://alice:*********/?token=**********\r\n",
                      read_recording(self.client_file)[1][1].received)

    def test_messages_are_not_redacted(self):
        text = "GET /?token=verysecret HTTP/1.1\r\nCookie: verysecret\r\n\r\n"
        with Echo("--record", str(self.server_file)) as server:
            self.assert_exit(0, ws_cat(server.url, "--data-raw", text, "--count", "1"))
            self.assertEqual(server.stop(), 0)
        connection = read_recording(self.server_file)[1][1]
        self.assertEqual(events_of(split_head(connection.sent)[1], masked=False)[0],
                         ("message", "text", text.encode()))

    def test_what_kill_leaves_is_whole_up_to_the_last_line(self):
        with Echo() as server:
            client = subprocess.Popen(
                [harness.WS_CAT, "--record", str(self.client_file), server.url],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            self.addCleanup(client.stdout.close)
            self.addCleanup(client.stdin.close)
            for number in range(50):
                client.stdin.write(b"message %d\n" % number)
                self.assertEqual(client.stdout.readline(), b"message %d\n" % number)
            client.kill()
            client.wait()
        connection = read_recording(self.client_file)[1][1]
        self.assertEqual(events_of(split_head(connection.received)[1], masked=False),
                         [("message", "text", b"message %d" % number) for number in range(50)])

    def test_full_disk_stops_the_recording_and_not_the_run(self):
        def limit_file_size():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))

        with Echo() as server:
            run = subprocess.run(
                [harness.WS_CAT, "--record", str(self.client_file), server.url],
                input=b"one\ntwo\n", capture_output=True, timeout=harness.TIME_LIMIT,
                preexec_fn=limit_file_size, check=False)
        self.assertEqual(run.stdout, b"one\ntwo\n")
        self.assertEqual(run.stderr.decode(),
                         f"ws-cat: cannot write {self.client_file}: File too large\n"
                         "hint: the recording ends here, the rest goes on\n")
        self.assertEqual(run.returncode, 23)

    def test_many_connections_share_a_file(self):
        with Echo("--record", str(self.server_file)) as server:
            peers = [open_websocket(server.port) for _ in range(20)]
            for number, peer in enumerate(peers):
                peer.send(frame(TEXT, b"peer %d" % number, key=FIXED_KEY))
            for peer in reversed(peers):
                peer.send(close_frame(1000, key=FIXED_KEY))
                peer.receive_until_close(masked=False)
                peer.sock.close()
            self.assertEqual(server.stop(), 0)
        _, connections = read_recording(self.server_file)
        self.assertEqual(sorted(connections), list(range(1, 21)))
        said = [events_of(split_head(connection.received)[1], masked=True)[0][2]
                for connection in connections.values()]
        self.assertEqual(sorted(said), sorted(b"peer %d" % number for number in range(20)))

    def test_memory_stays_flat_while_much_is_recorded(self):
        with Echo("--record", "/dev/null", "--ping-interval", "0") as server:
            with open_websocket(server.port) as peer:
                block = frame(BINARY, bytes(1 << 16), key=FIXED_KEY) * 4
                reader, pongs = FrameReader(masked=False), 0
                for number in range(1, 65):
                    peer.send(block + frame(PING, key=FIXED_KEY))
                    while pongs < number:
                        reader.feed(peer.receive())
                        pongs += [opcode for _, opcode, _ in reader.frames()].count(PONG)
            status = pathlib.Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
            peak = int(status.split("VmHWM:")[1].split()[0])
            if not harness.SANITIZED:
                self.assertLess(peak, 32 * 1024)


if __name__ == "__main__":
    main()
