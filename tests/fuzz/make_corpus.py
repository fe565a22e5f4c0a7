#!/usr/bin/python3
"""Writes the seeds of the fuzz targets from the test vectors: a few dozen small ones, the same in every
run. Each begins with the bytes by which its target chooses roles, limits and pieces.

usage: make_corpus.py          from anywhere; replaces tests/fuzz/corpus
"""

import base64
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
        role = 1 if case["role_receiving"] == "server" else 0
        if "extensions" in case:
            params = case["ext_params"]
            role |= (36 | 8 * ("server_no_context_takeover" in params)
                     | 16 * ("client_no_context_takeover" in params))
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


def stream_seeds():
    for case in load("sse.json") + load("sse-extra.json")["cases"]:
        stream = (base64.b64decode(case["input_b64"]) if "input_b64" in case
                  else case["input"].encode())
        limit = case.get("max_event", 127)
        last_id = len(case.get("resume_last_event_id", ""))
        yield case["name"], bytes([limit, last_id, 0, 0, 2, 6, 20]) + stream


def ndjson_seeds():
    for case in load("ndjson.json")["cases"]:
        body = (base64.b64decode(case["input_b64"]) if "input_b64" in case
                else case["input"].encode())
        unit = int(case.get("unit") == "body")
        yield case["name"], bytes([unit, case.get("max_event", 127), 0, 2, 6, 20]) + body


def recording_seeds():
    """The first byte chooses: 0 a recording, 1 a direction of one that holds secrets."""
    sizes = bytes([0, 9, 60])
    header = b'{"streamrec":1,"tool":"ws-cat 0.1.0","side":"client","url":"ws://h/"}\n'
    lines = (b'[0,"x","open"]\n[1,">","R0VUIC8gSFRUUC8xLjENCg0K"]\n[2,"<","gQVIZWxsbw==",2]\n'
             b'[3,"x","<eof"]\n[4,"x",">eof"]\n[5,"x","<rst",2]\n[6,"x",">rst",3]\n')
    damage = {"whole": b"", "cut": b'[7,"<","gQ', "time": b'[-1,"<",""]\n[1e300,"<",""]\n[8,"<",""]\n',
              "deep": b"[" * 40, "version": b'{"streamrec":2}\n', "number": b'[9,"<","",0]\n'}
    for name, tail in damage.items():
        yield f"file/{name}", b"\0" + sizes + header + lines + tail
    yield "file/version first", b"\0" + sizes + b'{"streamrec":2}\n'
    request = (b"GET http://u:p@h/?token=abc&next=%2F%3Fkey%3Dabc HTTP/1.1\r\nAuthorization: Basic eA==\r\n"
               b"Cookie: a=b\r\nSec-WebSocket-Protocol: chat, openai-insecure-api-key.sk-abc, eyJh.x\r\n")
    answer = b"HTTP/1.1 103 x\r\nSet-Cookie: a\r\n\r\nHTTP/1.1 302 x\r\nLocation: //u:p@h/;sid=a\r\n"
    bodies = {"none": b"\r\n", "sized": b"Content-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nCookie: a\r\n",
              "chunked": b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /?key=a",
              "folded": b" more\r\n\tand more\r\n\r\n"}
    for name, body in bodies.items():
        yield f"request/{name}", b"\1" + sizes + request + body
        yield f"answer/{name}", b"\1" + sizes + answer + body


def observer_part(sign, stream):
    """Parts of at most 127 bytes, each behind the byte that says so."""
    lead = 0 if sign == ">" else 128
    return b"".join(bytes([lead | len(stream[at:at + 127])]) + stream[at:at + 127]
                    for at in range(0, len(stream), 127))


def observer_seeds():
    for case in load("ws-observed.json")["cases"]:
        begin = 2 if case.get("begin") == "frames" else 0
        seed = bytes([begin, 255, 0, 0, 0, 2, 6, 20])
        for sign, part in case["stream"]:
            stream = bytes.fromhex(part) if isinstance(part, str) else head_bytes(part)
            seed += observer_part(sign, stream)
        yield case["name"], seed
    yield "hole", bytes([2, 255, 0, 0, 0, 2, 6, 20]) + bytes.fromhex("84810548650084810548650480")


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
write("sse_parser", stream_seeds())
write("ndjson", ndjson_seeds())
write("recording", recording_seeds())
write("ws_observer", observer_seeds())
