"""Tables and targets: printed as they are made, kept as one JSON file for each section, and put
together in RESULTS.md."""

import dataclasses
import datetime
import json
import platform

from programs import HERE, version_of

RESULTS = HERE / "RESULTS.md"


@dataclasses.dataclass
class Table:
    title: str
    columns: list
    rows: list = dataclasses.field(default_factory=list)
    note: str = ""

    def text(self):
        """As Markdown, aligned so that it can be read on a terminal too."""
        lines = [list(map(str, line)) for line in (self.columns, *self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines)]

        def line(cells):
            padded = [cells[0].ljust(widths[0])]
            padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
            return "| " + " | ".join(padded) + " |"

        rule = "|" + "|".join(["-" * (widths[0] + 2)]
                              + ["-" * (width + 1) + ":" for width in widths[1:]]) + "|"
        text = [f"### {self.title}", "", line(lines[0]), rule, *map(line, lines[1:]), ""]
        if self.note:
            text += [self.note, ""]
        return "\n".join(text)


@dataclasses.dataclass
class Target:
    """What must hold, and what was measured of it."""
    what: str
    limit: str
    measured: str
    holds: bool

    def row(self):
        return [self.what, self.limit, self.measured, "yes" if self.holds else "NO"]


def at_most(what, value, limit, unit="", digits=2):
    return Target(what, f"<= {limit:g}{unit}", f"{value:.{digits}f}{unit}", value <= limit)


def at_least(what, value, limit, unit="", digits=1):
    return Target(what, f">= {limit:g}{unit}", f"{value:.{digits}f}{unit}", value >= limit)


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                count = 1 + sum(line.startswith("model name") for line in info)
                model = f"{count} x {model}"
                break
    with open("/proc/meminfo", encoding="utf-8") as info:
        memory = int(info.readline().split()[1]) / (1 << 20)
    return f"{model}, {memory:.0f} GiB, Linux {platform.release()}"


def versions(build):
    found = [version_of(build.stream_echo, "--version"), version_of("g++", "--version"),
             "node " + version_of("node", "--version"), version_of("curl", "--version")]
    return "; ".join(word for word in found if word.strip() != "node")


class Store:
    """One JSON file for each section, in the build folder."""

    def __init__(self, build, command):
        self.folder = build.folder / "results"
        self.folder.mkdir(exist_ok=True)
        self.build = build
        self.command = command

    def put(self, section, tables, targets, commands, quick):
        (self.folder / f"{section}.json").write_text(json.dumps({
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "quick": quick,
            "machine": machine(),
            "versions": versions(self.build),
            "command": self.command,
            "commands": commands,
            "tables": [dataclasses.asdict(table) for table in tables],
            "targets": [dataclasses.asdict(target) for target in targets],
        }, indent=1))

    def write_results(self, order):
        """RESULTS.md, from what is there of the sections."""
        sections = []
        for name in order:
            file = self.folder / f"{name}.json"
            if file.exists():
                sections.append((name, json.loads(file.read_text())))
        text = ["# Results of `./dev bench`", "",
                "Written by the command; a run of some sections replaces only theirs. Processor time"
                " is what counts: it is sampled over exactly the measured window, and whoever is"
                " compared ran alternately with the others. A ratio is the median of the ratios of"
                " the rounds.", ""]
        summary = Table("What must hold", ["section", "what", "must hold", "measured", "holds"])
        for name, section in sections:
            summary.rows += [[name, *Target(**target).row()] for target in section["targets"]]
        text.append(summary.text())
        for name, section in sections:
            quick = ", a quick run: one round, short windows" if section["quick"] else ""
            text += [f"## {name}", "", f"{section['date']}{quick}, by `{section['command']}`."
                     f" {section['machine']}. {section['versions']}.", ""]
            text += [Table(**table).text() for table in section["tables"]]
            text += ["```", *section["commands"], "```", ""]
        RESULTS.write_text("\n".join(text).rstrip() + "\n", encoding="utf-8")
