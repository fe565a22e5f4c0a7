"""What ws-cat puts on the wire when it is told to misbehave: --fragment, --dribble, --from wire, and
frame and raw lines of --from jsonl. The other end is a raw socket that reads every byte."""

import json
import socket
import subprocess

import harness
from harness import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_frame, frame


def collect(peer, request):
    """Agrees, and returns every byte up to the end, which comes after a Close of the client's."""
    peer.send(harness.upgrade_response(request))
    received = peer.receive_until_close(masked=True)
    peer.send(close_frame(1000))
    peer.end()
    return received + peer.receive_all()


def collect_raw(peer, request):
    """As collect(), for bytes that need not be frames: the client ends the connection."""
    peer.send(harness.upgrade_response(request))
    return peer.receive_all()


def frames_of(data):
    """(fin, opcode, payload) of each frame, and then the rest, if there is one."""
    reader = harness.FrameReader(masked=True)
    reader.feed(data)
    frames = list(reader.frames())
    return frames + [bytes(reader.bytes)] if reader.bytes else frames


def jsonl(*lines):
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


OUR_CLOSE = (True, CLOSE, b"\x03\xe8")


class Odd(harness.TestCase):
    def sent(self, script, *options, input=b"", exit_code=0):
        """What a server with this script gets, and the run."""
        server = harness.ScriptedServer(script)
        run = harness.ws_cat(*options, server.url, input=input)
        got = server.result()
        self.assert_exit(exit_code, run)
        return got, run


class Fragments(Odd):
    def test_text_and_binary_messages_are_cut_into_fragments(self):
        got, _ = self.sent(collect, "--fragment", 2, "-d", "hello", "--data-binary", "abcd", "-d",
                           "x", "-d", "", "--eof-wait", "0")
        self.assertEqual(frames_of(got), [
            (False, TEXT, b"he"), (False, CONTINUATION, b"ll"), (True, CONTINUATION, b"o"),
            (False, BINARY, b"ab"), (True, CONTINUATION, b"cd"),
            (True, TEXT, b"x"), (True, TEXT, b""), OUR_CLOSE])

    def test_lines_are_cut_inside_characters(self):
        got, _ = self.sent(collect, "--fragment", 1, "--eof-wait", "0", input="é\n".encode())
        self.assertEqual(frames_of(got), [(False, TEXT, b"\xc3"), (True, CONTINUATION, b"\xa9"),
                                          OUR_CLOSE])

    def test_echo_puts_them_together_again(self):
        with harness.Echo() as echo:
            text = "".join(chr(0x20 + i % 0x3000) for i in range(70000))
            run = harness.ws_cat("--fragment", 7, "--count", 1, echo.url, input=text.encode())
            self.assert_exit(0, run)
            self.assertEqual(run.out.decode(), text + "\n")


class Dribble(Odd):
    def test_bytes_arrive_in_many_pieces_from_the_handshake_on(self):
        pieces = []

        class Listener(harness.Peer):
            def receive(self):
                data = super().receive()
                pieces.append(len(data))
                return data

        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(harness.TIME_LIMIT)
            url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
            with subprocess.Popen([harness.WS_CAT, "--dribble=1B/5ms", "-d", "hi", "--eof-wait",
                                   "0", url], stdin=subprocess.DEVNULL) as process:
                sock, _ = listener.accept()
                with Listener(sock) as peer:
                    head = peer.receive_head()
                    handshake_pieces = len(pieces)
                    got = collect(peer, head)
                self.assertEqual(process.wait(harness.TIME_LIMIT), 0)
        self.assertEqual(frames_of(got), [(True, TEXT, b"hi"), OUR_CLOSE])
        # Slow as this reader may be, it does not sleep through more than a second.
        self.assertGreater(len(head), 150)
        self.assertGreater(handshake_pieces, 15, pieces)

    def test_echo_comes_back_whole(self):
        with harness.Echo() as echo:
            run = harness.ws_cat("--dribble=7/1ms", "--fragment", 5, "--count", 2, echo.url,
                                 input=b"hello world\nbye\n")
            self.assert_exit(0, run)
            self.assertEqual(run.out, b"hello world\nbye\n")


class Wire(Odd):
    def test_input_goes_out_as_it_is_and_a_close_follows_when_it_has_none(self):
        data = frame(TEXT, b"hello", key=harness.FIXED_KEY)
        got, run = self.sent(collect, "--from", "wire", "--eof-wait", "0", input=data)
        self.assertEqual(got[:len(data)], data)
        self.assertEqual(frames_of(got)[1:], [OUR_CLOSE])
        self.assertEqual(run.err, "")

    def test_close_in_the_input_is_the_only_one(self):
        data = (frame(BINARY, b"x", key=harness.FIXED_KEY)
                + close_frame(4000, "bye", key=harness.FIXED_KEY))

        def script(peer, request):
            peer.send(harness.upgrade_response(request))
            received = peer.receive_until_close(masked=True)
            peer.send(close_frame(4000))
            peer.end()
            return received + peer.receive_all()

        got, run = self.sent(script, "--from", "wire", "--to", "jsonl", input=data)
        self.assertEqual(got, data)
        self.assertEqual([(line["code"], line["by"]) for line in run.lines("close")],
                         [(4000, "us")])

    def test_bytes_that_are_no_frames_reach_the_server_unchanged(self):
        data = b"\xf3\xffGET / HTTP/1.1\r\n\r\n\x00"
        got, run = self.sent(collect_raw, "--from", "wire", "--eof-wait", "0", input=data)
        self.assertEqual(got, data)
        self.assertEqual(run.err, "ws-cat: the input ended inside a frame: the connection ends "
                         "without a Close\n")

    def test_unmasked_frame_makes_stream_echo_fail_the_connection(self):
        with harness.Echo() as echo:
            run = harness.ws_cat("--from", "wire", echo.url, input=frame(TEXT, b"hi"))
            self.assert_exit(101, run)
            self.assert_says('closed by server: 1002 "ws-mask-missing"', run)

    def test_pings_are_answered_between_frames_of_the_input(self):
        key = harness.FIXED_KEY

        def script(peer, request):
            peer.send(harness.upgrade_response(request) + frame(PING, b"p"))
            received = peer.receive_until_close(masked=True)
            peer.send(close_frame(1000))
            peer.end()
            return received + peer.receive_all()

        data = b"".join(frame(BINARY, bytes(1000), key=key) for _ in range(200))
        got, _ = self.sent(script, "--from", "wire", "--eof-wait", "0.1", input=data)
        frames = frames_of(got)
        self.assertEqual(frames.count((True, PONG, b"p")), 1)
        self.assertEqual([one for one in frames if one[1] == BINARY],
                         [(True, BINARY, bytes(1000))] * 200)

    def test_replies_are_read_and_their_end_is_waited_for(self):
        with harness.Echo() as echo:
            data = frame(TEXT, b"hello", key=harness.FIXED_KEY)
            run = harness.ws_cat("--from", "wire", "--count", 1, echo.url, input=data)
            self.assert_exit(0, run)
            self.assertEqual(run.out, b"hello\n")


class Frames(Odd):
    def test_frame_lines_of_any_kind_are_sent_beside_messages(self):
        lines = jsonl({"kind": "message", "type": "text", "data": "one"},
                      {"kind": "frame", "fin": False, "opcode": 1, "mask": "37fa213d", "data": "tw"},
                      {"kind": "frame", "opcode": 9, "mask": "00000000", "data": "p"},
                      {"kind": "frame", "opcode": 0, "mask": "37fa213d", "data": "o"})
        got, _ = self.sent(collect, "--from", "jsonl", "--eof-wait", "0", input=lines)
        self.assertEqual(frames_of(got), [(True, TEXT, b"one"), (False, TEXT, b"tw"),
                                          (True, PING, b"p"), (True, CONTINUATION, b"o"),
                                          OUR_CLOSE])

    def test_every_bit_is_as_the_line_says(self):
        lines = jsonl({"kind": "frame", "rsv": 7, "opcode": 3, "data": "hi"},
                      {"kind": "frame", "header": "017e0001", "data": "x"},
                      {"kind": "raw", "data": "GET"},
                      {"kind": "raw", "base64": "/w=="})
        got, _ = self.sent(collect_raw, "--from", "jsonl", "--eof-wait", "0", input=lines)
        self.assertEqual(got, b"\xf3\x02hi" + b"\x01\x7e\x00\x01x" + b"GET\xff")

    def test_broken_rules_are_noticed_by_stream_echo(self):
        key = "01020304"
        for rule, line in [
            ("ws-mask-missing", {"opcode": 1, "data": "x"}),
            ("ws-rsv", {"rsv": 2, "mask": key, "data": "x"}),
            ("ws-opcode", {"opcode": 11, "mask": key}),
            ("ws-control-fragmented", {"opcode": 9, "fin": False, "mask": key}),
            ("ws-control-size", {"opcode": 9, "mask": key, "length": 126}),
            ("ws-continuation-unexpected", {"opcode": 0, "mask": key}),
            ("ws-length-minimal", {"header": "81fe000101020304", "data": "x"}),
            ("ws-length-top-bit", {"mask": key, "length": 1 << 63}),
            ("ws-text-utf8", {"mask": key, "base64": "/w=="}),
            ("ws-close-size", {"opcode": 8, "mask": key, "data": "x"}),
        ]:
            with self.subTest(rule), harness.Echo() as echo:
                run = harness.ws_cat("--from", "jsonl", echo.url,
                                     input=jsonl({"kind": "frame", **line}))
                self.assert_says(f'"{rule}"', run)
                self.assert_exit(101, run)

    def test_line_that_cannot_be_sent_is_named(self):
        _, run = self.sent(collect, "--from", "jsonl", "--eof-wait", "0", exit_code=26,
                           input=jsonl({"kind": "frame", "opcode": 16}))
        self.assertEqual(run.err, "ws-cat: cannot read standard input: line 1 has a value of opcode "
                         "that is not a number up to 15\n")


if __name__ == "__main__":
    harness.main()
