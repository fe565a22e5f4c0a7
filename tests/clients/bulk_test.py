"""Much data: a gigabyte through ws-cat and stream-echo and back, and a peer that does not read.
Every byte has to come back, and memory must not depend on how many there are.

Builds with sanitizers, which keep freed memory for a while, get less data and no limit."""

import hashlib
import random
import select
import struct
import subprocess
import threading
import time

import harness
from crowd import memory
from harness import BINARY, FIXED_KEY, ScriptedServer, close_frame, frame, main, open_websocket
from harness import upgrade_response, ws_cat

MIB = 1 << 20
VOLUME = 64 * MIB if harness.SANITIZED else 1024 * MIB
MEMORY_LIMIT = 32 * MIB
TIME_LIMIT = 100  # seconds, for the gigabyte


def noise():
    """A mebibyte of pseudo-random bytes, the same in each run."""
    return random.Random(6455).randbytes(MIB)


def stirred(block, number):
    """Another one for each number, so that no two of them can be exchanged."""
    return struct.pack(">Q", number) + block[8:]


class Bulk(harness.TestCase):
    def assert_small(self, name, size):
        if not harness.SANITIZED:
            self.assertLess(size, MEMORY_LIMIT, f"{name}: {size / MIB:.1f} MiB")

    def test_a_gigabyte_comes_back_unchanged(self):
        with harness.Echo("--ping-interval", "0") as server:
            client = subprocess.Popen(
                [harness.WS_CAT, "--from", "raw", "--to", "raw", "--eof-wait", "0",
                 "--max-time", str(TIME_LIMIT), server.url],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            self.addCleanup(client.wait)
            self.addCleanup(client.kill)  # comes first, and finds nobody if all goes well
            sent = hashlib.sha256()

            def feed():
                block = noise()
                try:
                    for number in range(VOLUME // MIB):
                        data = stirred(block, number)
                        sent.update(data)
                        while data:
                            data = data[client.stdin.write(data) :]
                except BrokenPipeError:
                    pass  # the comparison below will tell

            feeder = threading.Thread(target=feed, daemon=True)
            feeder.start()
            received, size = hashlib.sha256(), 0
            while size < VOLUME and (data := client.stdout.read(MIB)):
                received.update(data)
                size += len(data)
            self.assertEqual(size, VOLUME, "ws-cat ended early")
            feeder.join(TIME_LIMIT)
            # Both still run, and have been at their peak. (What wait4() tells of the client would
            # have the memory of this program in it.)
            client_peak = memory(client.pid, "VmHWM")
            server_peak = memory(server.pid, "VmHWM")
            client.stdin.close()
            self.assertEqual(client.stdout.read(MIB), b"")
            client.stdout.close()
            self.assertEqual(client.wait(harness.TIME_LIMIT), 0)

        self.assertEqual(received.hexdigest(), sent.hexdigest())
        self.assert_small("ws-cat", client_peak)
        self.assert_small("stream-echo", server_peak)
        self.assertEqual(server.process.returncode, 0)

    def test_ws_cat_reads_although_the_server_does_not(self):
        """As an echo server may not for a while: if both waited for the other to read first, they
        would wait forever."""
        message = noise() * 16

        def script(peer, request):
            peer.send(upgrade_response(request))
            peer.send(frame(BINARY, message) + close_frame(1000))
            return peer.receive_all()

        server = ScriptedServer(script)
        run = ws_cat("--from", "raw", "--to", "raw", "--eof-wait", "inf", server.url,
                     input=noise() * 64)
        self.assert_exit(0, run)
        self.assertTrue(run.out == message)
        self.assertGreater(len(server.result()), 0)

    def test_peer_that_does_not_read_is_not_read_from(self):
        """The server stops reading when too much waits to be sent, so that sending blocks; reading
        sets everything going again, and every echo comes."""
        count = 1024
        payload = noise()[: 1 << 16]
        # The masked payload is made once; what tells the messages apart is in its first bytes.
        rest = harness.xor(payload[8:], FIXED_KEY)
        head = b"\x82\xff" + struct.pack(">Q", len(payload)) + FIXED_KEY

        def message(number):
            return head + harness.xor(struct.pack(">Q", number), FIXED_KEY) + rest

        with harness.Echo("--ping-interval", "0") as server, \
                open_websocket(server.port) as peer:
            peer.sock.setblocking(False)
            pending, number = b"", 0
            peak = 0

            # Until half a second passes in which not a byte could be sent.
            blocked = False
            while not blocked and number < count:
                pending = pending or message(number)
                _, writable, _ = select.select([], [peer.sock], [], 0.5)
                if not writable:
                    blocked = True
                    break
                pending = pending[peer.sock.send(pending) :]
                number += not pending
                peak = max(peak, memory(server.pid, "VmRSS"))
            self.assertTrue(blocked, "64 MiB were taken from a peer that does not read")

            end = time.monotonic() + TIME_LIMIT
            expected, digest, echoed = hashlib.sha256(), hashlib.sha256(), 0
            reader = harness.FrameReader(masked=False)
            closed = None
            while closed is None:
                self.assertLess(time.monotonic(), end, f"{echoed} bytes came back in time")
                if not pending and number <= count:
                    pending = message(number) if number < count else close_frame(
                        1000, key=FIXED_KEY)
                readable, writable, _ = select.select(
                    [peer.sock], [peer.sock] if pending else [], [], harness.TIME_LIMIT)
                if writable:
                    pending = pending[peer.sock.send(pending) :]
                    number += not pending
                if readable:
                    data = peer.sock.recv(MIB)
                    self.assertTrue(data, "the server left without a close")
                    reader.feed(data)
                    for _, opcode, piece in reader.frames():
                        if opcode == harness.CLOSE:
                            closed = piece
                        else:
                            digest.update(piece)
                            echoed += len(piece)
            peak = max(peak, memory(server.pid, "VmHWM"))

        for one in range(count):
            expected.update(struct.pack(">Q", one) + payload[8:])
        self.assertEqual(echoed, count * len(payload))
        self.assertEqual(digest.hexdigest(), expected.hexdigest())
        self.assertEqual(closed, struct.pack(">H", 1000))
        self.assert_small("stream-echo", peak)
        self.assertEqual(server.process.returncode, 0)


if __name__ == "__main__":
    main()
