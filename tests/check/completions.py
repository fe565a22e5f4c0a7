#!/usr/bin/python3
"""Presses the Tab key in bash, zsh and fish, with our completions loaded and nothing of the user's.

bash and zsh run on a pseudo terminal, as for a person; fish is asked through `complete -C`, which is
the same engine without the terminal.

usage: completions.py SOURCE_DIR     the tools are in BIN_DIR
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

TIME_LIMIT = 60  # seconds for anything: far more than it takes

FORMATS = {"lines", "nul", "jsonl", "hex", "base64", "len32", "raw", "wire"}

# What is typed, and what the list then shows; the options that begin so come on top.
LISTED = (
    ("ws-cat --ping", {"--ping-interval", "--ping-timeout"}),
    ("ws-cat --", {"--data", "--color"}),
    ("ws-cat --to ", FORMATS),
    ("ws-cat -v --to ", FORMATS),
    ("ws-cat --color=a", {"auto", "always"}),
    ("sse-tail --until", {"--until-data", "--until-event"}),
    ("sse-tail --to ", {"pretty", "data", "raw", "jsonl"}),
    ("stream-echo --ping", {"--ping-interval", "--ping-timeout"}),
    ("stream-echo --allow", {"--allow-host", "--allow-origin"}),
)

# What is typed, and what the last word becomes: one candidate, or none.
COMPLETED = (
    ("ws-cat --insec", "--insecure"),
    ("ws-cat --to=j", "--to=jsonl"),
    ("ws-cat --to js", "jsonl"),
    ("ws-cat -h hand", "handshake"),
    ("ws-cat --cacert no", "notes.txt"),
    ("ws-cat --cacert=no", "--cacert=notes.txt"),
    ("ws-cat --capath fo", "folder/"),
    ("ws-cat -d @no", "@notes.txt"),
    ("ws-cat --data @no", "@notes.txt"),
    ("ws-cat --data=@no", "--data=@notes.txt"),
    ("ws-cat -vd @no", "@notes.txt"),
    ("ws-cat -d @fol", "@folder/"),
    ("sse-tail --no-rec", "--no-reconnect"),
    ("sse-tail --http1", "--http1.1"),
    ("sse-tail --id-file no", "notes.txt"),
    ("sse-tail --json @no", "@notes.txt"),
    ("stream-echo --port-file no", "notes.txt"),
    ("stream-echo --to ", "jsonl"),
    ("stream-echo -v -- ws-c", "ws-cat"),
    ("stream-echo -- cat no", "notes.txt"),
    ("stream-echo --port 0 -- ws-cat --to js", "jsonl"),
    # No files where none belong, no option as a value or an operand, and none that is hidden.
    ("ws-cat no", "no"),
    ("ws-cat -d no", "no"),
    ("ws-cat --count no", "no"),
    ("ws-cat -d --insec", "--insec"),
    ("ws-cat -- --insec", "--insec"),
    ("ws-cat --gen", "--gen"),
    ("stream-echo no", "no"),
)

# Without bash-completion, bash hands the words after -- to no other completion.
NOT_IN_BASH = {"stream-echo --port 0 -- ws-cat --to js"}
# fish takes a word with dashes for an option, even where a value is due.
NOT_IN_FISH = {"ws-cat -d --insec"}


class Terminal:
    """An interactive shell on a pseudo terminal."""

    def __init__(self, arguments, environment, folder, setup):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.execvpe(arguments[0], arguments, environment)
        self.pid = pid
        self.output = b""
        # Wide enough that nothing is wrapped.
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 100, 250, 0, 0))
        for line in setup:
            self.type(line + "\r")
        # The echo of the command does not look like what it prints.
        self.type("echo rea''dy\r")
        self.read_until(rb"ready\r?\n")

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def read_until(self, end):
        deadline = time.monotonic() + TIME_LIMIT
        while not (match := re.search(end, self.output)):
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise SystemExit(f"no {end} within {TIME_LIMIT} seconds: {self.output!r}")
            self.output += os.read(self.fd, 65536)
        before, self.output = self.output[:match.start()], self.output[match.end():]
        return before.decode(), match

    def press_tab(self, line):
        """The words on the screen, and what the last word of the line became."""
        # Then the line becomes the arguments of a command that shows them: Ctrl-A goes to its start,
        # Ctrl-E to its end.
        self.type(line + "\t\x01printf '[%s]\\n' \x05 e''nd\r")
        screen, match = self.read_until(rb"\[([^\r\n]*)\]\r?\n\[end\]\r?\n")
        return set(screen.split()), match[1].decode()

    def close(self):
        os.close(self.fd)  # the shell gets SIGHUP
        os.waitpid(self.pid, 0)


def bash(source, environment, folder):
    return Terminal(["bash", "--norc", "--noprofile", "-i"], environment, folder, [
        "PS1='> '",
        "bind 'set enable-bracketed-paste off'", "bind 'set bell-style none'",
        "bind 'set show-all-if-ambiguous on'", "bind 'set completion-query-items 0'",
        "bind 'set page-completions off'",
        *(f"source {file}" for file in sorted(source.glob("completions/bash/*")))])


def zsh(source, environment, folder):
    return Terminal(["zsh", "-f", "-i"], environment, folder, [
        "PS1='> ' PROMPT_EOL_MARK= LISTMAX=0; unset zle_bracketed_paste; "
        "unsetopt beep list_ambiguous auto_remove_slash",
        f"fpath=({source}/completions/zsh $fpath)",
        "autoload -Uz compinit && compinit -D -u"])


class Fish:
    def __init__(self, source, environment, folder):
        self.path = source / "completions/fish"
        self.environment = environment
        self.folder = folder

    def press_tab(self, line):
        script = f"set fish_complete_path {self.path}; complete -C \"$argv\""
        output = subprocess.run(
            ["fish", "--no-config", "-c", script, line], capture_output=True, text=True,
            cwd=self.folder, env=self.environment, timeout=TIME_LIMIT, check=True).stdout
        candidates = {row.split("\t")[0] for row in output.splitlines()}
        last = line.split(" ")[-1]
        return candidates, candidates.pop() if len(candidates) == 1 else last

    def close(self):
        pass


def offered(tool):
    """Every option that the tool shows."""
    text = subprocess.run([tool, "--help", "all"], capture_output=True, text=True,
                          timeout=TIME_LIMIT, check=True).stdout
    return set(re.findall(r"^  (?:-\S, |    )(--[a-z0-9.-]+)", text, re.MULTILINE))


def check_shell(name, shell, options):
    count = 0
    for line, expected in LISTED:
        count += 1
        tool, *_, last = line.split(" ")
        known = FORMATS | {"pretty", "data", "notes.txt", "folder/"}
        if last.startswith("--") and "=" not in last:
            known = set().union(*options.values())  # help texts stand beside them, with any word
            expected = expected | {o for o in options[tool] if o.startswith(last)}
        screen, _ = shell.press_tab(line)
        shown = {word.split("=")[-1] for word in screen} & (known | expected) - set(line.split())
        if shown != expected:
            yield f"{name}: {line!r} and Tab: {sorted(shown)}, and not {sorted(expected)}"
    for line, expected in COMPLETED:
        if line in (NOT_IN_BASH if name == "bash" else NOT_IN_FISH if name == "fish" else ()):
            continue
        count += 1
        _, word = shell.press_tab(line)
        if word != expected:
            yield f"{name}: {line!r} and Tab: {word!r}, and not {expected!r}"
    print(f"{name}: {count} completions")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1]).resolve()
    bin_dir = pathlib.Path(os.environ.get("BIN_DIR", source / "build/dev")).resolve()
    folder = tempfile.mkdtemp()
    pathlib.Path(folder, "notes.txt").touch()
    pathlib.Path(folder, "folder").mkdir()
    environment = {"PATH": f"{bin_dir}:/usr/local/bin:/usr/bin:/bin", "HOME": folder,
                   "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    options = {tool: offered(bin_dir / tool) for tool in ("ws-cat", "sse-tail", "stream-echo")}
    problems = []
    for name, start in {"bash": bash, "zsh": zsh, "fish": Fish}.items():
        shell = start(source, environment, folder)
        problems += check_shell(name, shell, options)
        shell.close()
    shutil.rmtree(folder)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
