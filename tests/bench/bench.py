#!/usr/bin/python3
"""Measures streamutils against stated baselines, in one run; `./dev bench` builds what it needs and
calls it. Prints tables, and writes tests/bench/RESULTS.md unless it is in a hurry. Nothing here
fails because something is slow."""

import argparse
import resource
import shlex
import subprocess
import sys

import clients
import core
import echo
import memory
import report
import sse
from programs import HERE, Build, Failure, commands

SECTIONS = {**echo.SECTIONS, **memory.SECTIONS, **clients.SECTIONS, **core.SECTIONS,
            **sse.SECTIONS}


class Bench:
    """The settings of a run."""

    def __init__(self, arguments):
        self.build = Build(arguments.build)
        self.quick = arguments.quick
        self.rounds = 1 if arguments.quick else 7
        self.more_peers = arguments.peer
        self.ours_only = arguments.ours_only
        self.sizes = arguments.size
        self.connections = arguments.connections
        self.check = arguments.check

    @staticmethod
    def say(text):
        """How it goes, for whoever waits."""
        print(f"    {text}", file=sys.stderr, flush=True)


def named_command(text):
    name, equals, command = text.partition("=")
    if not (name and equals and "{port}" in command):
        raise argparse.ArgumentTypeError("want NAME=COMMAND, with {port} in COMMAND")
    return name, command


def parse():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION",
                        help=f"any of {', '.join(SECTIONS)} (default: all)")
    parser.add_argument("--quick", action="store_true",
                        help="one round, short windows; leaves RESULTS.md alone")
    parser.add_argument("--peer", type=named_command, action="append", default=[],
                        metavar="NAME=COMMAND",
                        help="one more echo server for the tables; {port} is where it listens")
    parser.add_argument("--size", choices=echo.SIZES, action="append",
                        help="echo messages of this size only")
    parser.add_argument("--connections", type=int, action="append",
                        help="echo on so many connections only")
    parser.add_argument("--check", action="store_true", help="compare the payload of each echo")
    parser.add_argument("--ours-only", action="store_true", help="without npm's ws")
    parser.add_argument("--build", default="build/bench", metavar="FOLDER",
                        help="where the programs are (default: build/bench)")
    arguments = parser.parse_args()
    for section in arguments.sections:
        if section not in SECTIONS:
            parser.error(f"no section named {section}")
    return arguments


def main():
    arguments = parse()
    # For the programs that are started: thousands of connections.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    bench = Bench(arguments)
    command = shlex.join(["./dev", "bench", *sys.argv[1:]])
    for name in arguments.sections or SECTIONS:
        print(f"==> {name}", file=sys.stderr, flush=True)
        tables, targets = SECTIONS[name](bench)
        print(report.section_text(name, tables, targets, "", []), flush=True)
        ran = commands.take()
        if tables and not arguments.quick:
            footing = report.footing(bench.build, command)
            text = report.section_text(name, tables, targets, footing, ran)
            report.write_results(HERE / "RESULTS.md", {name: text}, SECTIONS)


if __name__ == "__main__":
    try:
        main()
    except (Failure, subprocess.SubprocessError) as failure:
        sys.exit(f"bench: {failure}")
