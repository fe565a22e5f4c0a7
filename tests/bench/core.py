"""The parts of the core without any I/O, measured by Google Benchmark."""

import json
import subprocess

from programs import LOAD_CORE, TIME_LIMIT, commands, pinned
from report import Table, at_least, at_most

SIZES = {"20": "20 B", "125": "125 B", "1024": "1 KiB", "16384": "16 KiB", "524288": "512 KiB",
         "1048576": "1 MiB"}
IN_CACHE = ("1024", "16384")


def measured(bench, program="core_bench"):
    """{name: the median of its repetitions} of what that program has in it."""
    command = pinned(LOAD_CORE, [bench.build.helper(program), "--benchmark_format=json",
                                 "--benchmark_min_time=0.05",
                                 f"--benchmark_repetitions={1 if bench.quick else 7}"])
    commands.add(command)
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                         timeout=TIME_LIMIT)
    rows = json.loads(run.stdout)["benchmarks"]
    return {row["run_name"]: row for row in rows
            if bench.quick or row.get("aggregate_name") == "median"}


def core(bench):
    """Masking, UTF-8, and the storeys from bytes to messages."""
    found = measured(bench)

    def gigabytes(name):
        return found[name]["bytes_per_second"] / 1e9

    def nanoseconds(name):
        return 1e9 / found[name]["items_per_second"]

    masking = Table("Masking in place, GB/s", ["size", "mask", "memcpy", "of memcpy"])
    for size in ("20", "125", "1024", "16384", "524288"):
        mask, copy = gigabytes(f"mask/{size}"), gigabytes(f"copy/{size}")
        masking.rows.append([SIZES[size], f"{mask:.1f}", f"{copy:.1f}", f"{mask / copy:.2f}"])

    utf8 = Table("UTF-8 validation, GB/s", ["text", "GB/s"])
    for name in found:
        if name.startswith("validate/"):
            _, text, size = name.split("/")
            utf8.rows.append([f"{text.replace('_', ' ')}, {SIZES[size]}", f"{gigabytes(name):.2f}"])

    storeys = Table("Masked frames of 20 bytes, 1000 in the buffer", ["what", "ns/message"],
                    note="A connection is a message reader is a frame decoder, and more.")
    for name in found:
        if "items_per_second" in found[name]:
            storeys.rows.append([name.replace("_", " ").replace("/", ", "),
                                 f"{nanoseconds(name):.1f}"])

    others = [name for name in found if name.startswith(("validate/latin", "validate/cjk"))]
    targets = [
        at_least("masking from 1 KiB on, in the cache",
                 min(gigabytes(f"mask/{size}") for size in IN_CACHE), 60, " GB/s"),
        at_least("UTF-8 validation of ASCII from 1 KiB on, in the cache",
                 min(gigabytes(f"validate/ascii/{size}") for size in IN_CACHE), 40, " GB/s"),
        at_least("UTF-8 validation of other text", min(map(gigabytes, others)), 2, " GB/s"),
        at_most("a message of 20 bytes through the three storeys",
                nanoseconds("connection/binary"), 20, " ns", 1),
    ]
    return [masking, utf8, storeys], targets


SECTIONS = {"core": core}
