"""What the tests of sse-tail share: scripted servers for several connections, and the tool itself.

Servers say `retry:` of a few milliseconds wherever a test connects again, so that nothing sleeps."""

import json
import os
import select
import socket
import subprocess
import threading

from harness import BIN_DIR, Peer, Run, TIME_LIMIT, TlsSocket

SSE_TAIL = str(BIN_DIR / "sse-tail")

if not os.access(SSE_TAIL, os.X_OK):
    raise SystemExit(f"{SSE_TAIL} is missing: build it, or set BIN_DIR to where it is")


def head(status="200 OK", *lines, type="text/event-stream"):
    """The head of an answer; without a type there is no Content-Type."""
    own = (f"HTTP/1.1 {status}",) + ((f"Content-Type: {type}",) if type else ())
    return "\r\n".join((*own, *lines, "", "")).encode()


def answer(body=b"", status="200 OK", *lines, type="text/event-stream"):
    """A whole answer that the end of the connection ends."""
    return head(status, *lines, type=type) + (body.encode() if isinstance(body, str) else body)


def empty(status, *lines):
    return head(status, "Content-Length: 0", *lines, type=None)


NO_CONTENT = head("204 No Content", type=None)


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


class SseServer:
    """A server in a thread, one connection after the other: each gets the next of `answers`, bytes to
    send, or a function(peer, request) that does what it likes. After the last one it is 204, the word
    to stop. `requests` has the head of every request, and its body."""

    def __init__(self, *answers, tls=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(TIME_LIMIT)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/"
        self.requests = []
        self.error = None
        self._answers = answers
        self._tls = tls
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        """Whatever went wrong in a script shows here."""
        self._over = True
        try:  # wakes accept() up
            socket.create_connection(("127.0.0.1", self.port), TIME_LIMIT).close()
        except OSError:
            pass
        self._thread.join(2 * TIME_LIMIT)
        self.listener.close()
        if kind is None and self.error is not None:
            raise self.error

    def _run(self):
        try:
            count = 0
            while True:
                sock, _ = self.listener.accept()
                if self._over:
                    sock.close()
                    return
                what = self._answers[count] if count < len(self._answers) else NO_CONTENT
                count += 1
                if self._tls:
                    sock = TlsSocket(sock, self._tls, server_side=True)
                with Peer(sock) as peer:
                    self._serve(peer, what)
        except BaseException as error:
            self.error = error

    def _serve(self, peer, what):
        request = peer.receive_head()
        size = [line for line in request.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        body = b""
        while size and len(body) < int(size[0].split(b":")[1]):
            body += peer.receive()
        self.requests.append((request, body))
        try:
            if callable(what):
                what(peer, request)
            else:
                peer.send(what)
                peer.end()
                peer.receive_all()  # so that what is sent arrives before the connection goes
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client may leave when it likes

    def fields(self, number=0):
        """Of a request: the field lines in order, names in lower case."""
        lines = self.requests[number][0].decode("latin-1").split("\r\n\r\n")[0].split("\r\n")[1:]
        return [(name.lower(), value.strip())
                for name, value in (line.split(":", 1) for line in lines)]

    def field(self, name, number=0):
        """None when it is not there."""
        values = [value for own, value in self.fields(number) if own == name.lower()]
        if len(values) > 1:
            raise AssertionError(f"{name} is given twice")
        return values[0].encode("latin-1").decode() if values else None


def sse_tail(*arguments, input=b"", env=None, **options):
    """Runs sse-tail to its end."""
    arguments = [str(argument) for argument in arguments]
    return Run(["sse-tail", *arguments],
               subprocess.run([SSE_TAIL, *arguments], input=input, capture_output=True,
                              env={**os.environ, **(env or {})}, **options,
                              timeout=2 * TIME_LIMIT))


def start_sse_tail(*arguments, **options):
    """A running one; standard output and error are pipes, unless `options` say otherwise."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([SSE_TAIL, *map(str, arguments)], stdin=subprocess.DEVNULL, bufsize=0,
                            **options)


def wait_for_output(process):
    """What comes next on its standard output."""
    ready, _, _ = select.select([process.stdout], [], [], TIME_LIMIT)
    if not ready:
        raise AssertionError("nothing is printed")
    return os.read(process.stdout.fileno(), 65536)


def end(process):
    """(exit code, standard error)."""
    try:
        _, err = process.communicate(timeout=TIME_LIMIT)
    finally:
        process.kill()
    return process.returncode, err.decode()


def delta(text, **more):
    """An event of OpenAI's chat completions."""
    choice = {"index": 0, "delta": {"content": text}, **more}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def in_pieces(data, type, sizes):
    """A script that sends the body in pieces of these sizes, in turn, each by itself."""
    def script(peer, _request):
        peer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.send(head(type=type))
        rest, turn = data, 0
        while rest:
            size = sizes[turn % len(sizes)]
            peer.send(rest[:size])
            rest, turn = rest[size:], turn + 1
        peer.end()
        peer.receive_all()
    return script


class Hold:
    """A script that sends `data` and keeps the connection until release()."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.go_on = threading.Semaphore(0)

    def __call__(self, peer, _request):
        for piece in self.pieces:
            peer.send(piece)
            self.go_on.acquire(timeout=TIME_LIMIT)

    def release(self, times=1):
        for _ in range(times):
            self.go_on.release()
