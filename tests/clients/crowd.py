"""Many connections at the same time, and what the process at the other end takes for them."""

import os
import pathlib
import selectors

import harness
from harness import BINARY, CONTINUATION, TEXT


def exchange(triples):
    """For each (peer, bytes to send, payload) at the same time: sends, and insists on the payload
    as one message, in however many frames it comes."""
    with selectors.DefaultSelector() as selector:
        for peer, data, payload in triples:
            peer.sock.setblocking(False)
            state = [memoryview(data), harness.FrameReader(masked=False), 0, payload]
            selector.register(peer.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, state)
        open_count = len(triples)
        while open_count:
            ready = selector.select(harness.TIME_LIMIT)
            if not ready:
                raise AssertionError(f"nothing comes any more, {open_count} wait for their echo")
            for key, events in ready:
                sock, state = key.fileobj, key.data
                if events & selectors.EVENT_WRITE:
                    state[0] = state[0][sock.send(state[0]):]
                    if not state[0]:
                        selector.modify(sock, selectors.EVENT_READ, state)
                if events & selectors.EVENT_READ and is_echoed(sock, state):
                    selector.unregister(sock)
                    open_count -= 1
    for peer, _, _ in triples:
        peer.sock.settimeout(harness.TIME_LIMIT)


def is_echoed(sock, state):
    data = sock.recv(1 << 18)
    if not data:
        raise AssertionError("the connection has ended")
    _, reader, offset, payload = state
    reader.feed(data)
    fin = False
    for fin, opcode, piece in reader.frames():
        if opcode not in (TEXT, BINARY, CONTINUATION):
            raise AssertionError(f"a frame with opcode {opcode}: {piece!r}")
        if piece != payload[offset : offset + len(piece)]:
            raise AssertionError(f"another payload at {offset}")
        offset += len(piece)
        state[2] = offset
    if fin and offset != len(payload):
        raise AssertionError(f"{offset} bytes came back instead of {len(payload)}")
    return fin


def memory(pid, field):
    """VmHWM or VmRSS of a running process in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line, = (line for line in status.splitlines() if line.startswith(field + ":"))
    return int(line.split()[1]) * 1024


def processor_seconds(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def sockets_of(pid):
    fds = f"/proc/{pid}/fd"
    names = (os.readlink(f"{fds}/{fd}") for fd in os.listdir(fds))
    return sum(name.startswith("socket:") for name in names)
