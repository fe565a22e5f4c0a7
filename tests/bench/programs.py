"""The programs that take part in a benchmark: started, pinned to a core each, measured, ended."""

import collections
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "support"))
from process import end_process

TIME_LIMIT = 300  # seconds for any one program: far more than it takes

# The server has one core to itself and whatever puts load on it another one, if there are two.
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]

Usage = collections.namedtuple("Usage", "cpu wall")  # seconds


class Failure(Exception):
    """A sentence for the user."""


class Commands:
    """What has been run, once for each kind: what differs in each cell of a table is left open."""

    def __init__(self):
        self._seen = {}

    def add(self, command):
        line = shlex.join(map(str, command)).replace(f"{SOURCE}/", "")
        line = re.sub(r"--(port|pid|connections|size|seconds) [1-9]\S*", r"--\1 N", line)
        line = re.sub(r"(127\.0\.0\.1):[1-9]\d*", r"\1:N", line)
        self._seen.setdefault(line)

    def take(self):
        seen, self._seen = list(self._seen), {}
        return seen


commands = Commands()


class Build:
    """Where the programs are, in a folder made by CMake."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.ws_cat = str(self.folder / "ws-cat")
        self.stream_echo = str(self.folder / "stream-echo")
        self.sse_tail = str(self.folder / "sse-tail")
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir(exist_ok=True)

    def helper(self, name):
        return str(self.folder / "tests" / "bench" / name)


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Server:
    """A running server. It tells its port in the first line it writes (`listening ...:PORT`), or
    gets it in place of {port} in its command."""

    def __init__(self, name, command, *, environment=None, stdin=subprocess.DEVNULL):
        self.name = name
        self.port = None
        command = [str(word) for word in command]
        if any("{port}" in word for word in command):
            self.port = free_port()
            command = [word.replace("{port}", str(self.port)) for word in command]
        commands.add(pinned(SERVER_CORE, command))
        self.process = subprocess.Popen(
            pinned(SERVER_CORE, command), stdin=stdin,
            stdout=subprocess.DEVNULL if self.port else subprocess.PIPE,
            env={**os.environ, **(environment or {})}, bufsize=0)
        self.pid = self.process.pid
        try:
            if self.port:
                self._wait_for_port()
            else:
                self.port = int(re.search(r"^listening \S*:(\d+)", self.read_line()).group(1))
        except (AttributeError, Failure):
            self.stop()
            raise Failure(f"{name} does not start: {shlex.join(map(str, command))}") from None

    def _wait_for_port(self):
        end = time.monotonic() + TIME_LIMIT / 10
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Failure("nobody listens")

    def read_line(self):
        ready, _, _ = select.select([self.process.stdout], [], [], TIME_LIMIT / 10)
        if not ready:
            raise Failure(f"{self.name} says nothing")
        return self.process.stdout.readline().decode()

    def url(self, path="/", scheme="ws"):
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        end_process(self.process, 10)


def load(build, server, *options):
    """What ws_load prints about `server`."""
    command = pinned(LOAD_CORE, [build.helper("ws_load"), "--port", server.port, "--pid",
                                 server.pid, *options])
    commands.add(command)
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=TIME_LIMIT)
    if run.returncode != 0:
        raise Failure(f"{server.name}: {run.stderr.decode().strip()} "
                      f"({shlex.join(command[3:])})")
    return json.loads(run.stdout)


def run_timed(command, *, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, environment=None):
    """The Usage of a command on the load's core, from its start to its end."""
    command = pinned(LOAD_CORE, command)
    commands.add(command)
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=errors,
                                   env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            raise Failure(f"{shlex.join(command)}: exit code {process.returncode}: "
                          f"{errors.read().decode(errors='replace').strip()}")
    return Usage(usage.ru_utime + usage.ru_stime, wall)


def has_option(program, option):
    return option in subprocess.run([program, "--help", "all"], stdout=subprocess.PIPE,
                                    check=True).stdout.decode().split()


def version_of(*command):
    """The first line that a program says of its version, or nothing when it is not here."""
    if shutil.which(command[0]) is None:
        return ""
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return (run.stdout.decode().splitlines() or [""])[0]
