#!/usr/bin/python3
"""Runs every example of the man pages and compares what is printed with what the page shows.

An example stands between @EXAMPLE@ and @END@ in man/*.in. A line that begins with "$ " is a command,
which goes on in the next line while it is no complete shell command; the lines after it are what it
prints on both standard output and standard error. "..." stands for anything within a line, and as a
line of its own for any lines. The commands of a page run in order in one shell, in an empty
directory, with our tools in PATH. Where a command ends with &, it is a server: it is given a port
that is free, and 8080 means that port from there on.

usage: man_examples.py SOURCE_DIR | --self-test     the tools are in BIN_DIR
"""

import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

TIME_LIMIT = 60  # seconds for one command: far more than it takes

# Reads commands that end with NUL from descriptor 3, and writes a NUL and a status after the output
# of each. $? is what the command before left.
SHELL = r"""
status=0
while IFS= read -r -d '' -u 3 command; do
  (exit "$status")
  eval "$command" 3<&-
  status=$?
  printf '\0%d\n' "$status"
done
"""


def is_complete(command):
    return subprocess.run(["bash", "-n", "-c", command], capture_output=True,
                          check=False).returncode == 0 and not command.endswith("\\")


def examples(text):
    """Yields (line number, command, expected lines)."""
    inside = False
    found = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "@EXAMPLE@":
            inside, found = True, None
        elif line == "@END@":
            inside = False
            if found is None:
                raise ValueError(f"line {number}: an example without a command")
            yield found
        elif inside and found and not is_complete(found[1]):
            found = (found[0], f"{found[1]}\n{line}", found[2])
        elif inside and line.startswith("$ "):
            if found:
                yield found
            found = (number, line[2:], [])
        elif inside:
            if found is None:
                raise ValueError(f"line {number}: output without a command")
            found[2].append(line)
    if inside:
        raise ValueError("an example does not end")


def pattern(expected):
    parts = []
    for line in expected:
        if line == "...":
            parts.append(r"(?:[^\n]*\n)*")
        else:
            parts.append(".*".join(re.escape(part) for part in line.split("...")) + r"\n")
    return re.compile("".join(parts))


class Shell:
    """One page's shell, and the servers that it leaves running."""

    def __init__(self, folder, bin_dir):
        self.folder = folder
        self.environment = {"PATH": f"{bin_dir}:{os.environ['PATH']}", "HOME": folder,
                            "LC_ALL": "C.UTF-8"}
        self.port = None
        self.servers = []
        read_end, self.commands = os.pipe()
        # The shell finds its commands at 3, whatever number the pipe has here.
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-c", f"exec 3<&{read_end}; {SHELL}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=[read_end], cwd=folder, env=self.environment)
        os.close(read_end)

    def run(self, command):
        if command.endswith("&"):
            return self.start_server(command[:-1].strip())
        if self.port:
            command = command.replace("8080", self.port)
        os.write(self.commands, command.encode() + b"\0")
        output = self.read_until(self.process.stdout, re.compile(rb"\0\d+\n\Z"))
        return self.as_shown(re.sub(rb"\0\d+\n\Z", b"", output))

    def start_server(self, command):
        server = subprocess.Popen(["bash", "-c", f"exec {command} --port 0"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, cwd=self.folder, env=self.environment)
        self.servers.append(server)
        line = self.read_until(server.stdout, re.compile(rb"\n\Z"))
        port = re.search(rb":(\d+)", line)
        self.port = port[1].decode() if port else None
        return self.as_shown(line)

    def as_shown(self, output):
        text = output.decode()
        return text.replace(self.port, "8080") if self.port else text

    @staticmethod
    def read_until(pipe, end):
        output = b""
        deadline = time.monotonic() + TIME_LIMIT
        while not end.search(output):
            if not select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
                raise ValueError(f"is not done after {TIME_LIMIT} seconds; so far: {output!r}")
            chunk = os.read(pipe.fileno(), 65536)
            if not chunk:
                raise ValueError(f"ended the shell; so far: {output!r}")
            output += chunk
        return output

    def close(self):
        """Yields what the servers printed beyond their first line, or how badly they ended."""
        os.close(self.commands)
        self.process.communicate(timeout=TIME_LIMIT)
        for server in self.servers:
            server.terminate()
            rest, _ = server.communicate(timeout=TIME_LIMIT)
            if rest or server.returncode != 0:
                yield f"the server ended with {server.returncode} and said {rest!r}"


def check_page(name, text, bin_dir):
    count = 0
    folder = tempfile.mkdtemp()
    shell = Shell(folder, bin_dir)
    try:
        for number, command, expected in examples(text):
            count += 1
            try:
                output = shell.run(command)
            except ValueError as error:
                yield f"{name}:{number}: {command}\n  {error}"
                return
            if not pattern(expected).fullmatch(output):
                shown = "\n".join(expected)
                yield (f"{name}:{number}: {command}\n  the page shows:\n{shown}\n"
                       f"  it prints:\n{output}")
    except ValueError as error:
        yield f"{name}: {error}"
    finally:
        for problem in shell.close():
            yield f"{name}: {problem}"
        shutil.rmtree(folder)
    print(f"{name}: {count} examples")
    if count == 0:
        yield f"{name}: has no example"


def check(source, bin_dir):
    pages = sorted(source.glob("man/*.in"))
    if not pages:
        yield "no pages found"
    for page in pages:
        yield from check_page(page.relative_to(source), page.read_text(), bin_dir)


def self_test():
    good = "@EXAMPLE@\n$ echo a; echo b >&2\na\nb\n$ false\n$ echo $? \\\n  x\n...\n@END@\n"
    bad = {
        "other output": "@EXAMPLE@\n$ echo a\nb\n@END@\n",
        "output that is missing": "@EXAMPLE@\n$ true\nb\n@END@\n",
        "output that is not shown": "@EXAMPLE@\n$ echo a\n@END@\n",
        "a page without examples": ".Sh EXAMPLES\n",
        "an example without a command": "@EXAMPLE@\n@END@\n",
        "an example without an end": "@EXAMPLE@\n$ true\n",
        "output without a command": "@EXAMPLE@\nb\n$ true\n@END@\n",
        "a command that ends the shell": "@EXAMPLE@\n$ exit 3\n@END@\n",
    }
    yield from check_page("good", good, "/nonexistent")
    for what, text in bad.items():
        if not list(check_page("bad", text, "/nonexistent")):
            yield f"{what}: is not noticed"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--self-test":
        problems = list(self_test())
    else:
        source = pathlib.Path(sys.argv[1]).resolve()
        bin_dir = pathlib.Path(os.environ.get("BIN_DIR", source / "build/dev")).resolve()
        problems = list(check(source, bin_dir))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
