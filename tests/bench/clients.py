"""ws-cat as a filter: processor time from its start to its end, next to npm's ws in a script, and
its start-up next to curl's."""

import os
import random
import statistics
import subprocess
import time

from echo import stream_echo
from programs import HERE, LOAD_CORE, Failure, Server, commands, pinned, run_timed
from report import Table, at_most

LINES = 1_000_000
LINE = b"a short line of text\n"
MIB = 1 << 20
NPM = ["node", str(HERE / "ws_client.mjs")]


class Input:
    """Bytes that come through a pipe: `count` times the file."""

    def __init__(self, file, count):
        self.file = file
        self.count = count

    def __enter__(self):
        self.process = subprocess.Popen(pinned(LOAD_CORE, ["cat", *[self.file] * self.count]),
                                        stdout=subprocess.PIPE)
        return self.process.stdout

    def __exit__(self, *_):
        self.process.stdout.close()
        self.process.wait()


class ByteCount:
    """A reader at the other end of a pipe, which counts."""

    def __enter__(self):
        self.process = subprocess.Popen(pinned(LOAD_CORE, ["wc", "-c"]), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        return self.process.stdin

    def __exit__(self, *_):
        self.process.stdin.close()
        self.count = int(self.process.stdout.read())
        self.process.stdout.close()
        self.process.wait()


def scratch_file(bench, name, make, size):
    file = bench.build.scratch / name
    if not file.exists() or file.stat().st_size != size:
        file.write_bytes(make())
    return file


def expect(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what}: {found} instead of {wanted}")


class Tasks:
    """Each task gives the Usage of one run, and insists that all data went where it should."""

    def __init__(self, bench, peer, echo_server):
        self.peer = peer
        self.echo_server = echo_server
        self.lines = scratch_file(bench, "lines", lambda: LINE * LINES, len(LINE) * LINES)
        self.noise = scratch_file(bench, "noise", lambda: random.Random(6455).randbytes(64 * MIB),
                                  64 * MIB)

    def send_lines(self, command):
        with Input(self.lines, 1) as source:
            usage = run_timed([*command, self.peer.url("/sink")], stdin=source)
        expect(self.peer.read_line(), f"sink {LINES} messages {LINES * (len(LINE) - 1)} bytes\n",
               "lines sent")
        return usage

    def send_noise(self, command):
        with Input(self.noise, 16) as source:
            usage = run_timed([*command, self.peer.url("/sink")], stdin=source)
        expect(self.peer.read_line().split()[3], str(1024 * MIB), "bytes sent")
        return usage

    def receive_messages(self, command):
        command = [*command, self.peer.url(f"/flood?n={LINES}&size=20")]
        count = ByteCount()
        with count as sink:
            run_timed(command, stdout=sink)
        expect(count.count, LINES * 21, "bytes received, with the ends of the lines")
        return run_timed(command)

    def echo_noise(self, command):
        count = ByteCount()
        with Input(self.noise, 16) as source, count as sink:
            usage = run_timed([*command, self.echo_server.url()], stdin=source, stdout=sink)
        expect(count.count, 1024 * MIB, "bytes echoed")
        return usage


def client(bench):
    """ws-cat and npm's ws in turn, each task."""
    ws_cat = bench.build.ws_cat
    table = Table("Clients, processor seconds",
                  ["what", "ws-cat CPU s", "wall s", "npm ws CPU s", "wall s", "of npm ws"],
                  note="From start to end. Input comes from a pipe; received messages go to "
                       "/dev/null, echoed bytes into a pipe. Debian's curl speaks no WebSocket.")
    targets = []
    echo_peer = stream_echo(bench)
    with Server("ws_peer", [bench.build.helper("ws_peer")]) as peer, \
            Server(echo_peer.name, echo_peer.command) as echo_server:
        tasks = Tasks(bench, peer, echo_server)
        for what, task, ours, theirs, limit in (
                ("1 M lines sent", tasks.send_lines, ["--eof-wait", "0"], "lines", 0.15),
                ("1 M messages of 20 B received", tasks.receive_messages, ["--eof-wait", "inf"],
                 "receive", 0.15),
                ("1 GiB of random bytes sent", tasks.send_noise,
                 ["--from", "raw", "--eof-wait", "0"], None, None),
                ("1 GiB of random bytes echoed", tasks.echo_noise,
                 ["--from", "raw", "--to", "raw", "--eof-wait", "0"], "pipe", 1.5)):
            bench.say(what)
            found, compared = [], []
            for number in range(min(bench.rounds, 5)):
                found.append(task([ws_cat, *ours]))
                if theirs and not bench.ours_only and number < 3:
                    compared.append(task([*NPM, theirs]))
            cpu = statistics.median(usage.cpu for usage in found)
            wall = statistics.median(usage.wall for usage in found)
            row = [what, f"{cpu:.3f}", f"{wall:.3f}", "-", "-", "-"]
            if compared:
                other = statistics.median(usage.cpu for usage in compared)
                row[3:] = [f"{other:.3f}",
                           f"{statistics.median(usage.wall for usage in compared):.3f}",
                           f"{cpu / other:.2f}"]
            table.rows.append(row)
            if limit:
                targets.append(at_most(f"CPU of ws-cat, {what}", cpu, limit, " s", 3))
    return [table], targets


def spawn_timed(command):
    """As run_timed(), with nothing between: no taskset, no pipe."""
    null = os.open(os.devnull, os.O_RDWR)
    begin = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ,
                          file_actions=[(os.POSIX_SPAWN_DUP2, null, fd) for fd in range(3)])
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begin
    os.close(null)
    expect(os.waitstatus_to_exitcode(status), 0, f"exit code of {command[0]}")
    return wall, usage.ru_utime + usage.ru_stime


def startup(bench):
    """From the start of the process to its end, with one exchange between."""
    peer = stream_echo(bench)
    runs = 10 if bench.quick else 40
    with Server(peer.name, peer.command) as server:
        programs = {"ws-cat, one message": [bench.build.ws_cat, "--count", "1", "-d", "hi",
                                            server.url()],
                    "curl, one resource": ["curl", "-s", f"http://127.0.0.1:{server.port}/"],
                    "true, nothing": ["true"]}
        found = {name: [] for name in programs}
        affinity = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {LOAD_CORE})  # the programs inherit it
        try:
            for _ in range(runs):
                for name, command in programs.items():
                    found[name].append(spawn_timed(command))
        finally:
            os.sched_setaffinity(0, affinity)
        for command in programs.values():
            commands.add(command)
    table = Table(f"Start to end of a process, {runs} runs each",
                  ["what", "median ms", "mean ms", "mean CPU ms"])
    medians = {}
    for name, times in found.items():
        walls = [wall * 1e3 for wall, _ in times]
        medians[name] = statistics.median(walls)
        table.rows.append([name, f"{medians[name]:.2f}", f"{statistics.mean(walls):.2f}",
                           f"{statistics.mean(cpu for _, cpu in times) * 1e3:.2f}"])
    ours, curl, _ = medians.values()
    return [table], [at_most("start to end of ws-cat, of curl", ours / curl, 1.3, "x")]


SECTIONS = {"client": client, "startup": startup}
