"""What the tests in this folder share: our tools as processes, raw and scripted peers, and a second
opinion on the frames of RFC 6455, written without a look at ours. Standard library only.

Every wait has a time limit, every port is the system's choice, everything stays on loopback."""

import base64
import hashlib
import json
import os
import pathlib
import re
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from process import end_process

VECTORS = ROOT / "tests" / "vectors"
BIN_DIR = pathlib.Path(os.environ.get("BIN_DIR", ROOT / "build" / "dev"))
WS_CAT = str(BIN_DIR / "ws-cat")
STREAM_ECHO = str(BIN_DIR / "stream-echo")

TIME_LIMIT = 20  # seconds for anything: far more than it takes, and less than a test may

for program in (WS_CAT, STREAM_ECHO):
    if not os.access(program, os.X_OK):
        raise SystemExit(f"{program} is missing: build it, or set BIN_DIR to where it is")

# A build with sanitizers shows in what the program calls.
SANITIZED = bool(os.environ.get("SANITIZED")) or any(
    name in pathlib.Path(WS_CAT).read_bytes() for name in (b"__asan_init", b"__tsan_init"))


# ---- Frames

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

FIXED_KEY = b"\x37\xfa\x21\x3d"  # that of the RFC's example


def xor(payload, key):
    """RFC 6455 5.3, four bytes or four gigabytes at a time: as two large numbers."""
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    size = len(payload)
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def frame(opcode, payload=b"", *, fin=True, key=None):
    """The bytes of one frame (RFC 6455 5.2), masked if there is a key."""
    mask_bit = 0 if key is None else 0x80
    head = bytes([(0x80 if fin else 0) | opcode])
    if len(payload) < 126:
        head += bytes([mask_bit | len(payload)])
    elif len(payload) < 1 << 16:
        head += struct.pack(">BH", mask_bit | 126, len(payload))
    else:
        head += struct.pack(">BQ", mask_bit | 127, len(payload))
    return head + payload if key is None else head + key + xor(payload, key)


def close_frame(code, reason="", *, key=None):
    return frame(CLOSE, struct.pack(">H", code) + reason.encode(), key=key)


class FrameReader:
    """Cuts a byte stream into (fin, opcode, payload). `masked` is what every frame has to be.
    `deflate`: RSV1 may be set where a message begins; `compressed` says of the latest frame
    whether it is."""

    def __init__(self, masked, deflate=False):
        self.masked = masked
        self.deflate = deflate
        self.compressed = False
        self.bytes = bytearray()

    def feed(self, data):
        self.bytes += data

    def frames(self):
        while (one := self._next()) is not None:
            yield one

    def _next(self):
        data = self.bytes
        if len(data) < 2:
            return None
        begins = data[0] & 0x0F in (TEXT, BINARY)
        if data[0] & (0x30 if self.deflate and begins else 0x70):
            raise AssertionError(f"reserved bits are set: {data[:2].hex()}")
        masked, size, at = bool(data[1] & 0x80), data[1] & 0x7F, 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            if len(data) < at + wide:
                return None
            size = int.from_bytes(data[at : at + wide], "big")
            at += wide
            if size < (126 if wide == 2 else 1 << 16):
                raise AssertionError(f"the length is not minimal: {data[:at].hex()}")
        if masked != self.masked:
            raise AssertionError("a frame is masked" if masked else "a frame is not masked")
        key = b""
        if masked:
            key = bytes(data[at : at + 4])
            at += 4
        if len(data) < at + size:
            return None
        payload = bytes(data[at : at + size])
        opcode, fin = data[0] & 0x0F, bool(data[0] & 0x80)
        self.compressed = bool(data[0] & 0x40)
        if opcode >= 8 and (size > 125 or not fin):
            raise AssertionError("a control frame is too long or fragmented")
        del data[: at + size]
        return fin, opcode, xor(payload, key) if masked else payload


def offer_of(case):
    """The header line that offers what a vector has agreed on, if it has."""
    if "extensions" not in case:
        return ()
    words = [case["extensions"]]
    for name, value in case["ext_params"].items():
        words.append(name if value is True else f"{name}={value}")
    return (f"Sec-WebSocket-Extensions: {'; '.join(words)}",)


class Inflater:
    """RFC 7692 7.2.2, with a window that is kept."""

    def __init__(self):
        self.zlib = zlib.decompressobj(-15)

    def message(self, payload):
        return self.zlib.decompress(payload + b"\0\0\xff\xff")


def events_of(data, *, masked, deflate=False):
    """What a receiver makes of a whole byte stream, as a list of
    ("message", "text" | "binary", bytes), ("ping" | "pong", bytes), ("close", code, reason),
    ("unfinished", bytes): a message that never ends, and ("rest", bytes): a frame that does not."""
    reader = FrameReader(masked, deflate)
    reader.feed(data)
    events, inflater, compressed = [], Inflater(), False
    kind, parts = None, []
    for fin, opcode, payload in reader.frames():
        if opcode in (TEXT, BINARY, CONTINUATION):
            if (opcode == CONTINUATION) != (kind is not None):
                raise AssertionError(f"opcode {opcode} is out of turn after {events}")
            if kind is None:
                kind, compressed = "text" if opcode == TEXT else "binary", reader.compressed
            parts.append(payload)
            if fin:
                whole = b"".join(parts)
                events.append(("message", kind, inflater.message(whole) if compressed else whole))
                kind, parts = None, []
        elif opcode == PING:
            events.append(("ping", payload))
        elif opcode == PONG:
            events.append(("pong", payload))
        elif opcode == CLOSE:
            code = struct.unpack(">H", payload[:2])[0] if payload else 1005
            events.append(("close", code, payload[2:].decode()))
        else:
            raise AssertionError(f"opcode {opcode} is reserved")
    if kind is not None:
        events.append(("unfinished", b"".join(parts)))
    if reader.bytes:
        events.append(("rest", bytes(reader.bytes)))
    return events


# ---- The opening handshake

KEY = "c2l4dGVlbiB0ZWFwb3RzIQ=="


def accept_of(key):
    """RFC 6455 4.2.2 (5.4)."""
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest).decode()


def upgrade_request(port, *lines, path="/ws"):
    own = (f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket",
           "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13")
    return "\r\n".join((*own, *lines, "", "")).encode()


def upgrade_response(request, *lines):
    key = fields_of(request)["sec-websocket-key"]
    own = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
           f"Sec-WebSocket-Accept: {accept_of(key)}")
    return "\r\n".join((*own, *lines, "", "")).encode()


def status_of(head):
    """0 if it is no HTTP at all."""
    words = head.split(b"\r\n", 1)[0].split(b" ")
    return int(words[1]) if len(words) > 1 and words[0] == b"HTTP/1.1" else 0


def fields_of(head):
    """The fields of a head by their names in lower case."""
    fields = {}
    for line in head.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")[1:]:
        name, value = line.split(":", 1)
        if name.lower() in fields:
            raise AssertionError(f"{name} is given twice")
        fields[name.lower()] = value.strip()
    return fields


# ---- Sockets

def certificate_for(directory, names="DNS:localhost,IP:127.0.0.1"):
    """A new self-signed certificate and its key: the paths of their files in `directory`."""
    paths = [str(pathlib.Path(directory, name)) for name in ("certificate.pem", "key.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=teapot", "-addext", f"subjectAltName={names}",
         "-out", paths[0], "-keyout", paths[1]],
        check=True, capture_output=True, timeout=TIME_LIMIT)
    return paths


def server_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def client_context():
    """Of a client that trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TlsSocket:
    """What a Peer needs of a socket, inside TLS. Python's own can end one direction only together
    with the other; here shutdown() sends close_notify, and receiving goes on. An end of the other
    side without close_notify is an error."""

    def __init__(self, sock, context, *, server_side):
        self.sock = sock
        self.sock.settimeout(TIME_LIMIT)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=server_side)
        self._do(self.tls.do_handshake)
        self._flush()

    def __getattr__(self, name):  # settimeout, setsockopt, close
        return getattr(self.sock, name)

    def _flush(self):
        if data := self.outgoing.read():  # sending nothing fails too when the other side is gone
            self.sock.sendall(data)

    def _do(self, step, *arguments):
        """Until it needs no more input."""
        while True:
            try:
                return step(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
            data = self.sock.recv(1 << 18)
            if data:
                self.incoming.write(data)
            else:
                self.incoming.write_eof()

    def sendall(self, data):
        while data:
            data = data[self.tls.write(data) :]
            self._flush()

    def send(self, data):
        self.sendall(data)
        return len(data)

    def recv(self, size):
        try:
            return self._do(self.tls.read, size)
        except ssl.SSLZeroReturnError:
            return b""

    def shutdown(self, _):
        try:
            self.tls.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLError):
            pass  # the other side's turn comes later, or has been already
        self._flush()


class Peer:
    """A connected socket with a time limit on everything."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(TIME_LIMIT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""  # received, but behind what was asked for

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def send_bytewise(self, data):
        """Each byte in a segment of its own, or nearly so. An end that the other side is entitled
        to ends it."""
        try:
            for at in range(len(data)):
                self.sock.send(data[at : at + 1])
        except (BrokenPipeError, ConnectionResetError):
            pass

    def end(self):
        """Nothing more will be sent. The other side may have left already."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def receive(self):
        """b"" at the end."""
        if self.held:
            held, self.held = self.held, b""
            return held
        return self.sock.recv(1 << 18)

    def receive_head(self):
        """A head with its empty line. b"" or a part of one if the connection ends before."""
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.receive()
            if not data:
                return head
            head += data
        end = head.index(b"\r\n\r\n") + 4
        self.held = head[end:]
        return head[:end]

    def receive_all(self):
        parts = []
        while data := self.receive():
            parts.append(data)
        return b"".join(parts)

    def receive_until_close(self, *, masked):
        """All bytes up to the end, or up to a Close frame and what came with it."""
        reader, parts = FrameReader(masked), []
        while data := self.receive():
            parts.append(data)
            reader.feed(data)
            if any(opcode == CLOSE for _, opcode, _ in reader.frames()):
                break
        return b"".join(parts)


def connect(port, *, tls=False):
    sock = socket.create_connection(("127.0.0.1", port), TIME_LIMIT)
    return Peer(TlsSocket(sock, client_context(), server_side=False) if tls else sock)


def open_websocket(port, *lines, path="/ws", tls=False):
    """A raw connection to a server of ours behind its 101."""
    peer = connect(port, tls=tls)
    peer.send(upgrade_request(port, *lines, path=path))
    peer.head = peer.receive_head()
    if status_of(peer.head) != 101:
        peer.sock.close()
        raise AssertionError(f"no upgrade: {peer.head!r}")
    return peer


class ScriptedServer:
    """A server for one connection, in a thread: `script(peer, request)` gets the request's head
    and says what to do. What it returns, or raises, is that of result(). With `tls`, a
    server_context(), all of it is inside TLS."""

    def __init__(self, script, *, tls=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(TIME_LIMIT)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{self.port}"
        self._script = script
        self._tls = tls
        self._result = None
        self._error = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            with self.listener:
                sock, _ = self.listener.accept()
            if self._tls:
                sock = TlsSocket(sock, self._tls, server_side=True)
            with Peer(sock) as peer:
                self._result = self._script(peer, peer.receive_head())
        except BaseException as error:
            self._error = error

    def result(self):
        self._thread.join(2 * TIME_LIMIT)
        if self._thread.is_alive():
            raise AssertionError("the scripted server does not end")
        if self._error is not None:
            raise self._error
        return self._result


# ---- Our tools

class Echo:
    """A running stream-echo. `before_exec` runs in its process before it does."""

    def __init__(self, *options, before_exec=None, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen([STREAM_ECHO, "--port", "0", "--silent", *options],
                                        stdin=stdin, stdout=subprocess.PIPE,
                                        preexec_fn=before_exec,
                                        bufsize=0)  # so that select() sees each line
        ready, _, _ = select.select([self.process.stdout], [], [], TIME_LIMIT)
        line = self.process.stdout.readline().decode() if ready else ""
        if not line.startswith(("listening ws://", "listening wss://")):
            self.stop()
            raise AssertionError(f"stream-echo did not start: {line!r}")
        self.url = line.split()[1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Its exit code."""
        return end_process(self.process, TIME_LIMIT)


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) << 10


class Run:
    """What a command that has ended left behind."""

    def __init__(self, arguments, completed):
        self.arguments = arguments
        self.exit = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr.decode(errors="replace")

    def lines(self, kind=None):
        """Standard output as --to jsonl has it: all lines, or those of one kind."""
        lines = [json.loads(line) for line in self.out.splitlines()]
        return [line for line in lines if kind in (None, line["kind"])]

    def events(self):
        """The messages, pings, pongs and the close in the words of events_of(); a message that was
        cut is left out."""
        events = []
        begun = b""
        for line in self.lines():
            kind = line["kind"]
            if kind in ("message", "ping", "pong"):
                if "base64" in line:
                    payload = base64.b64decode(line["base64"], validate=True)
                else:
                    payload = line["data"].encode()
                if len(payload) != line["size"]:
                    raise AssertionError(f"size does not fit: {line}")
                if kind != "message":
                    events.append((kind, payload))
                elif line.get("more"):
                    begun += payload
                else:
                    events.append((kind, line["type"], begun + payload))
                    begun = b""
            elif kind == "close":
                events.append((kind, line["code"], line.get("reason", "")))
        return events

    def __str__(self):
        return (f"{' '.join(map(str, self.arguments))}\nexit {self.exit}\n"
                f"stdout {self.out[:2000]!r}\nstderr {self.err[:2000]}")


def ws_cat(*arguments, input=b""):
    """Runs ws-cat to its end, with `input` on standard input."""
    arguments = [str(argument) for argument in arguments]
    return Run(["ws-cat", *arguments],
               subprocess.run([WS_CAT, *arguments], input=input, capture_output=True,
                              timeout=2 * TIME_LIMIT))


# ---- Vectors

def load(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def frame_cases(role):
    """Those of ws-frames.json and ws-extra.json that a command line can set up."""
    cases = load("ws-frames.json")["cases"] + load("ws-extra.json")["frames"]
    return [case for case in cases if case["role_receiving"] == role
            and "max_fragments" not in case]


def handshake_cases(side):
    """`side` is "server" or "client"; the bytes are in `bytes`. `core`: the case knows nothing of
    the paths of stream-echo."""
    word = {"server": "request", "client": "response"}[side]
    cases = []
    for case in load("ws-handshake.json")[side]:
        cases.append({**case, "bytes": bytes.fromhex(case[word + "_hex"])})
    for case in load("ws-extra.json")[side]:
        lines = [line if isinstance(line, str)
                 else "".join(text * count for text, count in zip(line[::2], line[1::2]))
                 for line in case[word]]
        cases.append({**case, "core": True, "bytes": "\r\n".join([*lines, ""]).encode()})
    return cases


def expected_payload(event):
    """A predicate for the payload of an expected message."""
    if "data" in event:
        # A character beyond the basic plane may be written as two surrogates.
        data = event["data"].encode("utf-16", "surrogatepass").decode("utf-16").encode()
        return lambda payload: payload == data
    if "data_hex" in event:
        return lambda payload: payload.hex() == event["data_hex"]
    return lambda payload: (len(payload) == event["length"]
                            and hashlib.sha256(payload).hexdigest() == event["sha256"])


# ---- Tests

class TestCase(unittest.TestCase):
    maxDiff = 4000

    def assert_exit(self, code, run):
        self.assertEqual(run.exit, code, str(run))

    def assert_says(self, text, run):
        self.assertIn(text, run.err, str(run))


def main():
    unittest.main(verbosity=1)
