#!/usr/bin/python3
"""Checks the #include lines of common/ and tools/: includes point one way, each third-party library
is confined to its place, and the core includes nothing that does input or output.

usage: layers.py SOURCE_DIR | --self-test
"""

import fnmatch
import pathlib
import posixpath
import re
import sys

# Each folder of common/ may include itself and what stands here. A tool may include all of them.
BELOW = {
    "base": (),
    "diag": ("base",),
    "http": ("diag", "base"),
    "ws": ("http", "diag", "base"),
    "sse": ("http", "diag", "base"),
    "rec": ("http", "diag", "base"),
}
CORE = tuple(BELOW)
BELOW["net"] = CORE
BELOW["cli"] = CORE

# What a third-party header looks like, and the files that may include it.
CONFINED = {
    "curl/*": ("common/net/curl*", "common/net/http_*.cc"),
    "CLI/*": ("common/cli/parse.cc",),
    "uv.h": ("common/net/*",),
    "uv/*": ("common/net/*",),
    "openssl/*": ("common/base/sha1.cc", "common/net/curl_multi.cc",
                  "common/net/tls.*", "common/net/tls_*", "common/net/entropy.*"),
    "zlib.h": ("common/ws/deflate.cc",),
    "nlohmann/*": ("tools/*", "common/rec/*"),
}

# Sockets, files, streams, clocks, threads, the environment: not in the core.
BANNED_IN_CORE = """
    iostream fstream cstdio stdio.h ostream istream iomanip syncstream print filesystem
    thread mutex shared_mutex atomic stdatomic.h future condition_variable semaphore latch barrier
    stop_token pthread.h threads.h
    ctime time.h cerrno errno.h cstdlib stdlib.h csignal signal.h random
    unistd.h fcntl.h netdb.h poll.h dlfcn.h sys/* netinet/* arpa/* net/if.h linux/*
    fmt/ostream.h fmt/os.h
""".split()
EXEMPT = {("common/base/check.cc", "cassert")}
BANNED_IN_CORE += ["cassert", "assert.h"]

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]*)>|"([^"]*)")')


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def judge(path, name, quoted):
    """The sentences that are wrong with an include of `name` in `path` (relative to the source)."""
    top, folder = path.split("/")[:2]
    in_core = top == "common" and folder in CORE

    for header, places in CONFINED.items():
        if matches(name, (header,)):
            if not matches(path, places):
                yield f"{name} may be included only in {', '.join(places)}"
            return
    if in_core and matches(name, BANNED_IN_CORE) and (path, name) not in EXEMPT:
        yield f"{name} has no place in the core, which does no input or output"
        return
    if not quoted:
        if name.split("/")[0] in BELOW and name.endswith(".h") and name != "net/if.h":
            yield f"{name} is our own: include it in quotes, not in angle brackets"
        return

    # Ours. `net/loop.h` names a folder of common/; anything else is beside the file itself.
    first = name.split("/")[0]
    if "/" in name and first in BELOW:
        target = f"common/{name}"
    else:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    parts = target.split("/")
    if len(parts) < 3 or parts[0] not in ("common", "tools"):
        yield f"{name} names no file in common/ or tools/"
        return
    target_top, target_folder = parts[:2]
    if target_top == "tools":
        if top != "tools":
            yield f"common/ must not include a tool's file, {name}"
        elif target_folder != folder:
            yield f"{folder} must not include {target_folder}'s file {name}"
        return
    if target_folder not in BELOW:
        yield f"{name} names no folder of common/ that this check knows"
    elif top == "common" and target_folder not in (folder, *BELOW[folder]):
        allowed = ", ".join((folder, *BELOW[folder]))
        yield f"{folder} must not include {name}: only {allowed}"


def check_text(path, text):
    parts = path.split("/")
    if len(parts) < 3:
        return [f"{path}:1: a source file belongs in a folder of {parts[0]}/"]
    if parts[0] == "common" and parts[1] not in BELOW:
        return [f"{path}:1: common/{parts[1]} is no layer that this check knows"]
    breaches = []
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if include:
            name = include[1] if include[1] is not None else include[2]
            for sentence in judge(path, name, include[2] is not None):
                breaches.append(f"{path}:{number}: {sentence}")
    return breaches


def check_tree(root):
    files = [file for top in ("common", "tools") for pattern in ("*.cc", "*.h")
             for file in sorted((root / top).rglob(pattern))]
    breaches = [breach for file in files
                for breach in check_text(file.relative_to(root).as_posix(), file.read_text())]
    return breaches, len(files)


def self_test():
    bad = [
        ("common/base/x.cc", '#include "diag/rule.h"', "base must not include diag/rule.h"),
        ("common/diag/x.cc", '#include "http/url.h"', "diag must not include http/url.h"),
        ("common/http/x.cc", '#include "ws/frame.h"', "http must not include ws/frame.h"),
        ("common/ws/x.cc", '#include "sse/parser.h"', "ws must not include sse/parser.h"),
        ("common/rec/x.cc", '#include "ws/frame.h"', "rec must not include ws/frame.h"),
        ("common/ws/x.cc", '#include "../net/loop.h"', "ws must not include ../net/loop.h"),
        ("common/ws/x.h", '  #  include "net/loop.h"  // far', "ws must not include net/loop.h"),
        ("common/cli/x.cc", '#include "net/loop.h"', "cli must not include net/loop.h"),
        ("common/net/x.cc", '#include "cli/term.h"', "net must not include cli/term.h"),
        ("common/net/x.cc", '#include "../../tools/ws-cat/a.h"', "must not include a tool's file"),
        ("tools/ws-cat/x.cc", '#include "../stream-echo/a.h"', "must not include stream-echo's"),
        ("tools/ws-cat/x.cc", '#include "../../tests/a.h"', "names no file in common/ or tools/"),
        ("common/net/x.cc", "#include <net/loop.h>", "include it in quotes"),
        ("common/net/loop.cc", "#include <curl/curl.h>", "only in common/net/curl*"),
        ("tools/ws-cat/x.cc", '#include "curl/curl.h"', "only in common/net/curl*"),
        ("common/cli/option.h", "#include <CLI/CLI.hpp>", "only in common/cli/parse.cc"),
        ("tools/ws-cat/x.cc", "#include <uv.h>", "only in common/net/*"),
        ("common/ws/mask.cc", "#include <openssl/rand.h>", "only in common/base/sha1.cc"),
        ("common/ws/frame.cc", "#include <zlib.h>", "only in common/ws/deflate.cc"),
        ("common/cli/x.cc", "#include <nlohmann/json.hpp>", "only in tools/*"),
        ("common/base/text.cc", "#include <cassert>", "no place in the core"),
        ("common/odd/x.cc", "", "is no layer"),
        ("common/x.cc", "", "belongs in a folder"),
    ]
    bad += [("common/ws/x.cc", f"#include <{name.replace('*', 'a.h')}>", "no place in the core")
            for name in BANNED_IN_CORE]
    good = [
        ("common/base/check.cc", "#include <cassert>"),
        ("common/base/sha1.cc", "#include <openssl/sha.h>"),
        ("common/net/tls.h", "#include <openssl/ssl.h>"),
        ("common/net/tls_files.cc", "#include <openssl/pem.h>"),
        ("common/net/curl.h", "#include <curl/curl.h>"),
        ("common/net/loop.cc", "#include <uv.h>\n#include <unistd.h>\n#include <net/if.h>"),
        ("common/cli/parse.cc", '#include <CLI/CLI.hpp>\n#include "base/text.h"'),
        ("common/ws/frame.cc", '#include "ws/frame.h"\n#include "diag/rule.h"\n#include <span>'),
        ("common/ws/frame.cc", '// #include "net/loop.h"\n#include <fmt/format.h>'),
        ("common/rec/x.cc", '#include "base/bytes.h"\n#include <nlohmann/json.hpp>'),
        ("tools/ws-cat/main.cc", '#include "options.h"\n#include "cli/parse.h"\n#include "net/a.h"'),
    ]
    failures = []
    for path, text, sentence in bad:
        found = check_text(path, text)
        if len(found) != 1 or sentence not in found[0]:
            failures.append(f"{path}: {text!r}: wanted '{sentence}', found {found}")
    for path, text in good:
        failures += [f"should be fine: {breach}" for breach in check_text(path, text)]
    return failures, len(bad) + len(good)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip().splitlines()[-1])
    if sys.argv[1] == "--self-test":
        problems, count = self_test()
        what = "cases"
    else:
        problems, count = check_tree(pathlib.Path(sys.argv[1]))
        what = "files"
        if count == 0:
            problems = [f"{sys.argv[1]}: no source files found"]
    for problem in problems:
        print(problem)
    print(f"{count} {what}, {len(problems)} breaches")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
