"""Event streams: the parser alone, next to npm's eventsource-parser; stream-echo publishing to
subscribers; sse-tail next to curl, which does not look at what it passes on."""

import json
import os
import select
import statistics
import subprocess

from clients import ByteCount, scratch_file
from core import measured
from programs import (HERE, LOAD_CORE, TIME_LIMIT, Failure, Server, commands, has_option, pinned,
                      run_timed)
from report import Table, at_least, at_most

STREAMS = {"data": "100 B, data alone", "llm": "150 B, id, type and JSON"}
CHUNKS = {"16384": "16 KiB", "1400": "1400 B", "200": "200 B", "64": "64 B"}
LAST = "the last of them"
LINE = b"%092d\n"  # with what is around it, an event of somewhat more than 100 bytes
SUBSCRIBERS = (1, 100)


def npm_rates(bench):
    """Bytes per second of npm's parser by the names of the rows; nothing when it is not wanted."""
    if bench.ours_only:
        return {}
    command = pinned(LOAD_CORE, ["node", HERE / "sse_parse.mjs", "0.1" if bench.quick else "1"])
    commands.add(command)
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=TIME_LIMIT)
    return json.loads(run.stdout)


def parsing(bench):
    bench.say("the parser")
    found = measured(bench, "sse_bench")
    theirs = npm_rates(bench)

    def gigabytes(name):
        return found[name]["bytes_per_second"] / 1e9

    table = Table("Parsing event streams",
                  ["events, chunks", "GB/s", "ns/event", "memcpy GB/s", "npm GB/s", "of npm"],
                  note="Streams of 256 KiB, in the cache. npm: eventsource-parser behind a "
                       "TextDecoder, as it wants text; ours checks UTF-8 itself.")
    for stream, what in STREAMS.items():
        for size, chunk in CHUNKS.items():
            name = f"parse/{stream}/{size}"
            row = [f"{what}, {chunk}", f"{gigabytes(name):.2f}",
                   f"{1e9 / found[name]['items_per_second']:.1f}",
                   f"{gigabytes(f'copy/{size}'):.1f}", "-", "-"]
            if name in theirs:
                row[4:] = [f"{theirs[name] / 1e9:.3f}",
                           f"{gigabytes(name) * 1e9 / theirs[name]:.1f}"]
            table.rows.append(row)
    targets = [
        at_least("parsing events of 100 B, data alone, in 16 KiB", gigabytes("parse/data/16384"),
                 3, " GB/s", 2),
        at_least("parsing events of 150 B in 16 KiB", gigabytes("parse/llm/16384"), 1.5, " GB/s",
                 2),
        at_least("parsing either in 64 B",
                 min(gigabytes(f"parse/{stream}/64") for stream in STREAMS), 0.5, " GB/s", 2),
    ]
    return table, targets


def lines_file(bench, count):
    return scratch_file(bench, f"events-{count}",
                        lambda: b"".join(LINE % number for number in range(count)), 93 * count)


class Publisher:
    """stream-echo that publishes what is written to it."""

    def __init__(self, bench):
        self.reader, self.writer = os.pipe()
        command = [bench.build.stream_echo, "--port", "0", "-s", "--stdin", "bench"]
        self.server = Server("stream-echo", command, stdin=self.reader)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.writer)
        self.server.stop()
        os.close(self.reader)

    def deliver(self, bench, file, subscribers):
        """What sse_load prints of the events in `file` to each of so many."""
        command = pinned(LOAD_CORE, [bench.build.helper("sse_load"), "--port", self.server.port,
                                     "--pid", self.server.pid, "--path", "/events/bench",
                                     "--last", LAST, "--connections", subscribers])
        commands.add(command)
        with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as load:
            try:
                ready, _, _ = select.select([load.stdout], [], [], TIME_LIMIT / 10)
                if not ready or load.stdout.readline() != b"ready\n":
                    raise Failure("subscribing to /events/bench fails")
                subprocess.run(pinned(LOAD_CORE, ["cat", file]), stdout=self.writer, check=True,
                               timeout=TIME_LIMIT)
                os.write(self.writer, f"{LAST}\n".encode())
                rest = load.communicate(timeout=TIME_LIMIT)[0]
            finally:
                load.kill()
        if load.returncode != 0:
            raise Failure(f"the events do not reach {subscribers} subscribers")
        return json.loads(rest)


def publishing(bench):
    """Each line of standard input to all subscribers."""
    table = Table("stream-echo publishing", ["subscribers", "events/s of a core", "ns/event",
                                             "bytes/event", "events/s by the clock",
                                             "left out"],
                  note="An event counts once for each subscriber it is delivered to. The "
                       "processor time is that of the server, reading the lines included. Who "
                       "is too slow does not get all: the load has one core.")
    if not has_option(bench.build.stream_echo, "--stdin"):
        bench.say("stream-echo publishes nothing yet")
        return None, []
    per_core = {}
    with Publisher(bench) as publisher:
        for subscribers in SUBSCRIBERS:
            bench.say(f"{subscribers} subscribers")
            count = (20_000 if bench.quick else 2_000_000) // (10 if subscribers > 1 else 1)
            file = lines_file(bench, count)
            found = [publisher.deliver(bench, file, subscribers)
                     for _ in range(bench.rounds)]
            rates = [run["events"] / run["server_cpu_s"] for run in found]
            per_core[subscribers] = statistics.median(rates)
            table.rows.append([
                subscribers, f"{per_core[subscribers]:.0f}", f"{1e9 / per_core[subscribers]:.0f}",
                f"{found[0]['bytes'] / found[0]['events']:.0f}",
                f"{statistics.median(run['events'] / run['seconds'] for run in found):.0f}",
                f"{max(0, 1 - found[0]['events'] / (count * subscribers)):.1%}"])
    return table, [at_least("events of a core to 100 subscribers", per_core[100] / 1e6, 3,
                            " M/s", 2)]


def tailing(bench):
    """The same bytes to sse-tail and to curl."""
    table = Table("sse-tail and curl on the same stream, processor seconds",
                  ["what", "sse-tail CPU s", "wall s", "curl -N CPU s", "wall s", "of curl"],
                  note="From start to end, to /dev/null.")
    if not os.access(bench.build.sse_tail, os.X_OK):
        bench.say("there is no sse-tail yet")
        return None, []
    count = 200_000 if bench.quick else 10_000_000
    data = "x" * 80
    command = [bench.build.stream_echo, "--port", "0", "-s"]
    with Server("stream-echo", command) as server:
        url = server.url(f"/sse?interval=0&count={count}&data={data}", "http")
        ours = [bench.build.sse_tail, "--no-reconnect", "--to", "data", url]
        counted = ByteCount()
        with counted as sink:
            run_timed(ours, stdout=sink)
        if counted.count < count * (len(data) + 1):
            raise Failure(f"{counted.count} bytes of {count} events have come")
        bench.say(f"{count} events to sse-tail and curl")
        found = {"ours": [], "curl": []}
        for _ in range(min(bench.rounds, 5)):
            found["ours"].append(run_timed(ours))
            found["curl"].append(run_timed(["curl", "-sN", url]))
    cells = []
    for usages in found.values():
        cells += [statistics.median(usage.cpu for usage in usages),
                  statistics.median(usage.wall for usage in usages)]
    ratio = statistics.median(mine.cpu / other.cpu for mine, other in zip(*found.values()))
    table.rows.append([f"{count} events of 100 B", *(f"{cell:.3f}" for cell in cells),
                       f"{ratio:.2f}"])
    return table, [at_most("CPU of sse-tail, of curl -N", ratio, 3, "x")]


def sse(bench):
    """All three."""
    parts = [parsing(bench), publishing(bench), tailing(bench)]
    return ([table for table, _ in parts if table],
            [target for _, targets in parts for target in targets])


SECTIONS = {"sse": sse}
