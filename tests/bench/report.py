"""Tables and targets, and RESULTS.md, in which a run replaces the sections it has measured."""

import dataclasses
import datetime
import json
import platform
import re

from programs import SOURCE, version_of

PREFACE = """\
# Results of `./dev bench`

Written by that command: a run replaces the sections it has measured, and leaves the others. What
counts is processor time, sampled over exactly the measured window: of all one can measure it depends
least on what else the machine does. Whatever is compared ran alternately in one run; numbers are
medians of its rounds, and a ratio is the median of the ratios of the rounds.
"""


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
    lock = json.loads((SOURCE / "tests" / "clients" / "package-lock.json").read_text())
    found = [version_of(build.stream_echo, "--version"), version_of("g++", "--version"),
             ", ".join([f"node {version_of('node', '--version')}",
                        *(f"{name} {lock['packages'][f'node_modules/{name}']['version']}"
                          for name in ("ws", "eventsource-parser"))]),
             " ".join(version_of("curl", "--version").split()[:2])]
    return "; ".join(word for word in found if word)


def section_text(name, tables, targets, footing, commands):
    """A section of RESULTS.md. The targets come first: they are what one looks for."""
    text = [f"## {name}", ""]
    if targets:
        text.append(Table("What must hold", ["what", "must hold", "measured", "holds"],
                          [target.row() for target in targets]).text())
    text += [table.text() for table in tables]
    if footing:
        text += [footing, ""]
    if commands:
        text += ["```", *commands, "```", ""]
    return "\n".join(text)


def footing(build, command):
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return f"{date}, `{command}`. {machine()}. {versions(build)}."


def write_results(file, sections, order):
    """`sections` {name: text} in the file, in the place of what it had of them."""
    known = {}
    if file.exists():
        for text in re.split(r"^(?=## )", file.read_text(encoding="utf-8"), flags=re.MULTILINE):
            if text.startswith("## "):
                known[text.split("\n", 1)[0][3:]] = text
    known.update(sections)
    blocks = [known[name].rstrip() + "\n" for name in order if name in known]
    file.write_text("\n".join([PREFACE, *blocks]), encoding="utf-8")
