"""A plain HTTP client for the event streams of stream-echo, which looks at every byte. The grammar of
event streams is the HTML Living Standard's, 9.2.5 and 9.2.6, as far as a well-behaved server uses it."""

import re
import select

from harness import Peer, connect, fields_of, status_of


def request(port, path, *lines, method="GET", version="HTTP/1.1", body=b""):
    lines = [f"{method} {path} {version}", f"Host: 127.0.0.1:{port}", *lines]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(port, path, *lines, **rest):
    """The head and the rest of an answer, up to the end of the connection."""
    with connect(port) as peer:
        peer.send(request(port, path, *lines, **rest))
        return peer.receive_head(), peer.receive_all()


def unchunked(data):
    """The chunks of a body, and whether the last one has come (RFC 9112 7.1)."""
    chunks, at = [], 0
    while at < len(data):
        line_end = data.index(b"\r\n", at)
        size, at = int(data[at:line_end], 16), line_end + 2
        if size == 0:
            return chunks, data[at:] == b"\r\n"
        if data[at + size : at + size + 2] != b"\r\n":
            raise AssertionError(f"a chunk is not {size} bytes long: {data[at : at + 100]!r}")
        chunks.append(data[at : at + size])
        at += size + 2
    return chunks, False


def fields_of_block(block):
    """Of one event: its fields by name, data lines joined."""
    fields = {}
    for line in block.decode().split("\n"):
        name, _, value = line.partition(":")
        if not name:
            continue
        value = value.removeprefix(" ")
        fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value
    return fields


def events_of(body):
    """Its events as (id, type, data)."""
    blocks = map(fields_of_block, body.split(b"\n\n"))
    return [(fields.get("id"), fields.get("event", "message"), fields["data"])
            for fields in blocks if "data" in fields]


class EventReader:
    """An event stream as it comes. `last_id` is the last event ID string, `count` how many events
    there were."""

    def __init__(self, port, path, last_id=None, *, sock=None):
        self.peer = Peer(sock) if sock else connect(port)
        self.last_id = last_id or ""
        self.count = 0
        self.opened = False
        self.wire, self.body = b"", b""
        lines = [f"Last-Event-ID: {last_id}"] if last_id else []
        self.peer.send(request(port, path, *lines))

    def close(self):
        self.peer.sock.close()

    def continue_from(self, other):
        self.count = other.count
        return self

    def until_open(self):
        """Until the server has said what it says before any event."""
        head = self.peer.receive_head()
        if status_of(head) != 200 or fields_of(head)["transfer-encoding"] != "chunked":
            raise AssertionError(f"no event stream: {head!r}")
        while b": stream-echo\n" not in self.body:
            self._read()
        self._take_block_without_data()
        self.opened = True

    def _read(self):
        data = self.peer.receive()
        if not data:
            raise AssertionError(f"the stream has ended behind {self.body[-200:]!r}")
        self.wire += data
        while b"\r\n" in self.wire:
            line_end = self.wire.index(b"\r\n")
            size = int(self.wire[:line_end], 16)
            end = line_end + 2 + size
            if len(self.wire) < end + 2:
                return
            self.body += self.wire[line_end + 2 : end]
            if self.wire[end : end + 2] != b"\r\n":
                raise AssertionError("a chunk is longer than its size")
            self.wire = self.wire[end + 2 :]

    def _take_block_without_data(self):
        """An id that stands alone counts too."""
        match = re.match(rb": stream-echo\n(?:retry: \d+\n\n)?(?:id: (\S+)\n\n)?", self.body)
        if match and match[1]:
            self.last_id = match[1].decode()
        self.body = self.body[match.end() :] if match else self.body

    def next(self):
        """The next event: id, type, data."""
        if not self.opened:
            self.until_open()
        while True:
            while b"\n\n" not in self.body:
                self._read()
            block, self.body = self.body.split(b"\n\n", 1)
            fields = fields_of_block(block)
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                self.count += 1
                return fields.get("id"), fields.get("event", "message"), fields["data"]

    def next_or_none(self):
        """None when nothing more is there. What was asked of the server before has been done."""
        if not self.opened:
            self.until_open()
        if b"\n\n" in self.body or select.select([self.peer.sock], [], [], 0.05)[0]:
            return self.next()
        return None
