"""Echo servers next to each other: stream-echo, a TCP echo that knows no protocol, npm's ws, and
any other one that is named."""

import contextlib
import shlex
import statistics

from programs import HERE, Server, has_option, load
from report import Table, at_most

SIZES = {"20 B": 20, "1 KiB": 1 << 10, "16 KiB": 16 << 10, "1 MiB": 1 << 20}
CONNECTIONS = (1, 100, 1000)


class Peer:
    """An echo server; `slow_start`: it is another program after a second of work."""

    def __init__(self, name, command, *, raw=False, slow_start=False):
        self.name = name
        self.command = command
        self.options = ["--raw"] if raw else []
        self.slow_start = slow_start

    def start(self, bench):
        server = Server(self.name, self.command)
        if self.slow_start:
            load(bench.build, server, "--connections", "10", "--seconds", "1")
        return server


def stream_echo(bench, *, deflate=False):
    command = [bench.build.stream_echo, "--port", "0", "-s", "--ping-interval", "0"]
    if not deflate and has_option(bench.build.stream_echo, "--no-deflate"):
        command.append("--no-deflate")
    return Peer("stream-echo", command)


def raw(bench):
    return Peer("raw TCP", [bench.build.helper("raw_echo")], raw=True)


def npm_ws(*, deflate=False):
    return Peer("npm ws", ["node", HERE / "ws_echo.mjs", *(["--deflate"] if deflate else [])],
                slow_start=True)


def all_peers(bench):
    """The candidate and the baseline first."""
    peers = [stream_echo(bench), raw(bench)]
    if not bench.ours_only:
        peers.append(npm_ws())
    return peers + [Peer(name, shlex.split(command)) for name, command in bench.more_peers]


def measure(bench, peers, options):
    """{name: [what ws_load says, of each round]}, the peers in turn."""
    results = {peer.name: [] for peer in peers}
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(peer.start(bench)) for peer in peers]
        for _ in range(bench.rounds):
            for peer, server in zip(peers, servers):
                results[peer.name].append(load(bench.build, server, *options, *peer.options))
    return results


def median(rounds, key):
    return statistics.median(result[key] for result in rounds)


def ratios(rounds, baseline, key="cpu_ns_per_message"):
    return [one[key] / other[key] for one, other in zip(rounds, baseline) if other[key]]


def window(bench, size, connections):
    """Of large messages on many connections only a few end in a short time."""
    seconds = 0.2 if bench.quick else 0.4
    return seconds * (3 if size * connections > 64 << 20 else 1)


def cpu_table(bench, title, sizes, connections, depth, note):
    """Processor time of each peer, and how it compares with raw TCP."""
    peers = all_peers(bench)
    ours, baseline, *others = [peer.name for peer in peers]
    table = Table(title, ["messages", f"{baseline} us", f"{ours} us", "ratio", "(min-max)",
                          "messages/s", "RSS MiB"], note=note)
    for name in others:
        table.columns += [f"{name} us", "ratio"]
    medians = {}
    for size_name, size in sizes.items():
        for count in connections:
            bench.say(f"{size_name} x {count}")
            results = measure(bench, peers, [
                "--connections", count, "--size", size, "--depth", depth,
                "--seconds", window(bench, size, count), *(["--check"] if bench.check else [])])
            found = ratios(results[ours], results[baseline])
            medians[size_name, count] = statistics.median(found), results[ours]
            row = [f"{size_name} x {count}"]
            row += [f"{median(results[name], 'cpu_ns_per_message') / 1e3:.2f}"
                    for name in (baseline, ours)]
            row += [f"{statistics.median(found):.2f}", f"{min(found):.2f}-{max(found):.2f}",
                    f"{median(results[ours], 'messages_per_second'):.0f}",
                    f"{max(result['rss_kib'] for result in results[ours]) / 1024:.1f}"]
            for name in others:
                row += [f"{median(results[name], 'cpu_ns_per_message') / 1e3:.2f}",
                        f"{statistics.median(ratios(results[name], results[baseline])):.2f}"]
            table.rows.append(row)
    return table, medians


def ratio_targets(medians, words):
    values = [ratio for ratio, _ in medians.values()]
    return [at_most(f"CPU of {words}, of raw TCP, median of the cells",
                    statistics.median(values), 1.10, "x"),
            at_most(f"CPU of {words}, of raw TCP, the worst cell", max(values), 1.25, "x")]


def echo(bench):
    """Each message is answered before the next one is sent."""
    table, medians = cpu_table(
        bench, "Echo, one message at a time on each connection",
        {name: SIZES[name] for name in bench.sizes or SIZES}, bench.connections or CONNECTIONS, 1,
        "Processor time of the server for a message, messages x connections.")
    targets = ratio_targets(medians, "an echo")
    if large := medians.get(("1 MiB", 1000)):
        rss = max(result["rss_kib"] for result in large[1]) / 1024
        targets.append(at_most("memory with 1000 connections echoing 1 MiB", rss, 64, " MiB", 1))
    return [table], targets


def batch(bench):
    """Many messages in one write: the server can answer them with one, too."""
    table, medians = cpu_table(
        bench, "Echo, 16 messages in one write", {name: SIZES[name] for name in list(SIZES)[:3]},
        CONNECTIONS, 16, "As above; the next 16 are sent when all 16 have been answered.")
    return [table], ratio_targets(medians, "an echo in a batch of 16")


def deflate(bench):
    """Compressed messages, which the server inflates and deflates."""
    if not has_option(bench.build.stream_echo, "--no-deflate"):
        bench.say("this stream-echo does not compress")
        return [], []
    peers = [stream_echo(bench, deflate=True), npm_ws(deflate=True)]
    table = Table("Echo of 1 KiB of JSON, compressed with permessage-deflate",
                  ["messages", "stream-echo us", "npm ws us", "of npm ws", "messages/s"],
                  note="The client compresses without context takeover, the server as it likes.")
    for count, depth in ((1, 1), (100, 1), (100, 16)):
        bench.say(f"{count} connections, {depth} at a time")
        results = measure(bench, peers, ["--connections", count, "--depth", depth, "--size", 1024,
                                         "--text", "--deflate", "--seconds",
                                         window(bench, 1024, count)])
        ours, theirs = results["stream-echo"], results["npm ws"]
        table.rows.append([f"{depth} at a time x {count}",
                           *(f"{median(one, 'cpu_ns_per_message') / 1e3:.2f}"
                             for one in (ours, theirs)),
                           f"{statistics.median(ratios(ours, theirs)):.2f}",
                           f"{median(ours, 'messages_per_second'):.0f}"])
    return [table], []


def latency(bench):
    """There and back, one message on one connection."""
    peers = all_peers(bench)
    table = Table("Latency, one message at a time on one connection",
                  ["message", *(f"{peer.name} {part} us" for peer in peers
                                for part in ("p50", "p99"))],
                  note="From before the send to behind the last byte; the whole window counts.")
    for size_name in ("20 B", "16 KiB", "1 MiB"):
        bench.say(size_name)
        results = measure(bench, peers, ["--size", SIZES[size_name], "--seconds",
                                         2 * window(bench, 1, 1)])
        table.rows.append([size_name, *(f"{median(results[peer.name], key):.0f}"
                                        for peer in peers for key in ("p50_us", "p99_us"))])
    return [table], []


SECTIONS = {"echo": echo, "batch": batch, "deflate": deflate, "latency": latency}
