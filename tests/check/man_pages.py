#!/usr/bin/python3
"""Checks the man pages: mandoc has nothing to say about them, they fit a terminal of 80 columns,
every option of a tool is on its page, and a page speaks of no option and no page that is not there.

usage: man_pages.py SOURCE_DIR | --self-test        the tools are in BIN_DIR
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

WIDTH = 80

# Pages that others install, and that ours refer to.
OUTSIDE = {("curl", "1")}

# The only remark of mandoc that does not count: it looks for the page on this machine, where ours
# are not installed. references() looks where they are.
NOT_FOUND = re.compile(r"STYLE: referenced manual not found: Xr (\S+) (\S+)")


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return result.stdout + result.stderr


def lint(page):
    """All levels down to style. `mandoc.db` is the machine's index, and no business of ours."""
    for line in run("mandoc", "-T", "lint", "-W", "style", str(page)).splitlines():
        if not NOT_FOUND.search(line) and "mandoc.db" not in line:
            yield line


def references(page, pages):
    ours = {tuple(other.name.rsplit(".", 1)) for other in pages}
    for name, section in re.findall(r"^\.Xr (\S+) (\d)", page.read_text(), re.MULTILINE):
        if (name, section) not in ours | OUTSIDE:
            yield f"{page}: refers to {name}({section}), which is not there"


def rendered(page):
    """As on a terminal, without the overstrikes that make bold and underlined letters."""
    return re.sub(".\b", "", run("mandoc", "-T", "utf8", "-O", f"width={WIDTH}", str(page)))


def too_wide(page):
    for line in rendered(page).splitlines():
        if len(line) > WIDTH:
            yield f"{page}: {len(line)} columns wide: {line}"


def options_of(tool):
    """The spellings that --help lists: {"--data", "-d", ...}."""
    options = set()
    for line in run(tool, "--help", "all").splitlines():
        match = re.match(r"  (?:(-\S), |    )(--[a-z0-9.-]+)", line)
        options.update(filter(None, match.groups()) if match else ())
    return options


def coverage(page, options):
    """Every option is a heading in OPTIONS; elsewhere only existing ones are named."""
    if not options:
        yield f"{page}: the tool lists no options"
    source = page.read_text()
    headings = set()
    for line in re.findall(r"^\.It (Fl .*)", source, re.MULTILINE):
        headings.update("-" + name for name in re.findall(r"\bFl (\S+)", line))
    for option in sorted(options - headings):
        yield f"{page}: option {option} has no entry"
    for option in sorted(headings - options):
        yield f"{page}: option {option} does not exist"
    for name in re.findall(r"\bFl (-[a-z0-9][a-z0-9.-]*)", source):
        if "-" + name not in options:
            yield f"{page}: refers to option -{name}, which does not exist"


def check(source, bin_dir):
    pages = sorted(source.glob("man/*.[1-9]"))
    if not pages:
        yield "no man pages found"
    for page in pages:
        yield from lint(page)
        yield from references(page, pages)
        yield from too_wide(page)
        if page.suffix == ".1":
            yield from coverage(page, options_of(bin_dir / page.stem))


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, "bad.1")
        page.write_text(
            '.Dd November 24, 2026\n.Dt BAD 1\n.Os\n.Sh NAME\n.Nm bad\n.Nd a bad page\n'
            '.Sh DESCRIPTION\nSee\n.Fl -gone .\nA sentence. Another one.\n'
            '.Bl -tag -width Ds\n.It Fl -there\nIt is.\n.El\n'
            f'.Bd -literal\n{"x" * 90}\n.Ed\n.Sh SEE ALSO\n.Xr nowhere 1\n')
        found = {
            "lint": list(lint(page)),
            "references": list(references(page, [page])),
            "width": list(too_wide(page)),
            "missing entry": [p for p in coverage(page, {"--there", "--new"}) if "--new" in p],
            "unknown option": [p for p in coverage(page, {"--there"}) if "--gone" in p],
        }
        for name, problems in found.items():
            if not problems:
                yield f"the check for {name} finds nothing wrong with a page that is"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--self-test":
        problems = list(self_test())
    else:
        source = pathlib.Path(sys.argv[1])
        bin_dir = pathlib.Path(os.environ.get("BIN_DIR", source / "build/dev")).resolve()
        problems = list(check(source, bin_dir))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
