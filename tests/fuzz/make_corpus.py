#!/usr/bin/python3
"""Writes the seeds of the fuzz targets from the test vectors: a few dozen small ones, the same in every
run. Each begins with the bytes by which its target chooses roles, limits and pieces.

usage: make_corpus.py          from anywhere; replaces tests/fuzz/corpus
"""

import json
import pathlib
import re
import shutil

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors"
PER_TARGET = 28
MAX_SIZE = 600


def load(name):
    return json.loads((VECTORS / name).read_text())


def head_bytes(lines):
    """The head that ws-extra.json gives as lines; [TEXT, COUNT, ...] repeats."""
    texts = []
    for line in lines:
        if isinstance(line, list):
            line = "".join(text * count for text, count in zip(line[::2], line[1::2]))
        texts.append(line + "\r\n")
    return "".join(texts).encode()


def frame_seeds():
    cases = load("ws-frames.json")["cases"] + load("ws-extra.json")["frames"]
    for case in cases:
        if "extensions" in case:
            continue
        role = 1 if case["role_receiving"] == "server" else 0
        limit = case.get("max_message", 1 << 20).bit_length() - 1
        fragments = min(case.get("max_fragments", 256) - 1, 255)
        choices = bytes([role, max(limit, 0), fragments, 0, 0, 2, 6, 20])
        yield case["name"], choices + bytes.fromhex(case["bytes_hex"])


def head_seeds():
    for section, direction in (("server", 0), ("client", 1)):
        for name in ("ws-handshake.json", "ws-extra.json"):
            for case in load(name)[section]:
                key = "request" if section == "server" else "response"
                stream = (bytes.fromhex(case[key + "_hex"]) if key + "_hex" in case
                          else head_bytes(case[key]))
                yield f"{section}/{case['name']}", bytes([direction, 0, 9, 60]) + stream
    chunked = (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
               b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\nrest")
    yield "body/chunked", bytes([1, 0, 9, 60]) + chunked
    sized = b"HTTP/1.1 503 Unavailable\r\nContent-Length: 5\r\n\r\nhellorest"
    yield "body/sized", bytes([1, 0, 9, 60]) + sized


def choose(seeds):
    """At most PER_TARGET small seeds, evenly over all, the last one always."""
    small = [(name, seed) for name, seed in seeds if len(seed) <= MAX_SIZE]
    step = max(1, -(-len(small) // PER_TARGET))
    return dict(small[::-1][::step])


def write(target, seeds):
    folder = HERE / "corpus" / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, seed in choose(list(seeds)).items():
        (folder / re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")).write_bytes(seed)


write("ws_connection", frame_seeds())
write("http_head", head_seeds())
