"""What connections and messages cost in memory: bytes that idle connections hold, and how often a
message makes a program allocate."""

import resource
import statistics

from echo import all_peers, stream_echo
from programs import Failure, Server, load, run_timed
from report import Table, at_most


def idle(bench):
    """Connections that do nothing, and after one message on each."""
    hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = min(1000 if bench.quick else 10_000, hard_limit - 100)
    table = Table(f"{count} idle connections",
                  ["server", "KiB each", "KiB each, used", "RSS MiB without", "RSS MiB",
                   "CPU us to open one", "opened/s"],
                  note="Resident memory that is there because of the connections; what the kernel "
                       "holds for them is not in it. Used: after a message of 20 bytes on each.")
    for peer in all_peers(bench):
        bench.say(peer.name)
        results = []
        for _ in range(min(bench.rounds, 3)):
            with peer.start(bench) as server:
                # What only the first one costs is not the price of a connection.
                load(bench.build, server, "--messages", 1, *peer.options)
                results.append(load(bench.build, server, "--idle", "--connections", count,
                                    *peer.options))
        values = {key: statistics.median(result[key] for result in results) for key in results[0]}
        table.rows.append([peer.name, f"{values['kib_per_connection']:.2f}",
                           f"{values['kib_per_connection_used']:.2f}",
                           f"{values['rss_before_kib'] / 1024:.1f}",
                           f"{values['rss_kib'] / 1024:.1f}",
                           f"{values['cpu_us_per_connection']:.1f}",
                           f"{values['connections_per_second']:.0f}"])
    ours = float(table.rows[0][1])
    return [table], [at_most("memory of an idle connection of stream-echo", ours, 1, " KiB")]


class Counter:
    """The file in which the allocations of a program are counted, and the environment for it."""

    def __init__(self, bench):
        self.file = bench.build.scratch / "allocations"
        self.file.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": bench.build.helper("liballocations.so"),
                            "STREAMUTILS_ALLOCATIONS": str(self.file)}

    def read(self):
        count = int.from_bytes(self.file.read_bytes(), "little")
        if count == 0:
            raise Failure("no allocations were counted: is the program linked statically?")
        return count


def of_server(bench, size, depth, messages):
    """Allocations of stream-echo for `messages` more: what a connection costs is in both runs."""
    counter = Counter(bench)
    peer = stream_echo(bench)
    with Server(peer.name, peer.command, environment=counter.environment) as server:
        counts = []
        for count in (messages, messages, 2 * messages):
            before = counter.read()
            load(bench.build, server, "--size", size, "--depth", depth, "--warm-up", 0,
                 "--messages", count)
            counts.append(counter.read() - before)
    return counts[2] - counts[1]  # the first run has what happens only once


def of_client(bench, path, options, messages, feed):
    counts = []
    with Server("ws_peer", [bench.build.helper("ws_peer")]) as server:
        for count in (messages, 2 * messages):
            counter = Counter(bench)
            with feed(count) as source:
                run_timed([bench.build.ws_cat, *options, server.url(path.format(count=count))],
                          stdin=source, environment=counter.environment)
            counts.append(counter.read())
    return counts[1] - counts[0]


def allocations(bench):
    """Counted exactly: the same number in each run, however busy the machine is."""
    def lines(count):
        file = bench.build.scratch / "lines-to-count"
        file.write_bytes(b"a short line of text\n" * count)
        return open(file, "rb")

    def nothing(_):
        return open("/dev/null", "rb")

    table = Table("Allocations", ["what", "messages", "allocations", "for each message"],
                  note="Calls of malloc, calloc, realloc and operator new, of twice as many "
                       "messages less those of as many.")
    cells = [("stream-echo, 20 B, 16 in one write", 100_000,
              lambda count: of_server(bench, 20, 16, count)),
             ("stream-echo, 16 KiB", 2000, lambda count: of_server(bench, 16 << 10, 1, count)),
             ("stream-echo, 1 MiB", 100, lambda count: of_server(bench, 1 << 20, 1, count)),
             ("ws-cat sending lines", 100_000,
              lambda count: of_client(bench, "/sink", ["--eof-wait", "0"], count, lines)),
             ("ws-cat receiving 20 B", 100_000,
              lambda count: of_client(bench, "/flood?n={count}&size=20", ["--eof-wait", "inf"],
                                      count, nothing))]
    for what, messages, count in cells:
        bench.say(what)
        found = count(messages)
        table.rows.append([what, messages, found, f"{round(found / messages, 4) + 0.0:.4f}"])
    worst = max(row[2] / row[1] for row in table.rows if "1 MiB" not in row[0])
    return [table], [at_most("allocations for a message of up to 16 KiB", worst, 0.01, "", 4)]


SECTIONS = {"idle": idle, "allocations": allocations}
