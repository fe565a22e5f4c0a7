// Event streams at random, through npm's eventsource-parser and through ours: both have to report
// the same. The seeds are fixed. What eventsource-parser does otherwise than the standard (HTML
// 9.2.6) is listed below, shown, and kept out of the streams.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { createParser } from 'eventsource-parser';

const binDir = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/dev', import.meta.url));
const STREAMS = 2000;

// ---- Both parsers, each over streams that are arrays of pieces

/** Ours: one process for all. */
function ours(streams) {
  const input = [];
  const size = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  for (const pieces of streams) {
    for (const piece of pieces) if (piece.length > 0) input.push(size(piece.length), piece);
    input.push(size(0));
  }
  const run = spawnSync(`${binDir}/tests/sse_events`, {
    input: Buffer.concat(input),
    maxBuffer: 1 << 30,
  });
  assert.equal(run.status, 0, run.stderr?.toString() ?? String(run.error));

  const found = [[]];
  for (const line of run.stdout.toString().split('\n').slice(0, -1)) {
    const event = JSON.parse(line);
    if (event.kind === 'end') found.push([]);
    else found.at(-1).push(event);
  }
  return found.slice(0, -1);
}

/**
 * eventsource-parser, with what it leaves to its user: decoding, the default type, the last event
 * ID string. A comment comes without the space after its colon, which ours keeps.
 */
function theirs(pieces) {
  const events = [];
  let lastId = '';
  const parser = createParser({
    onEvent({ id, event, data }) {
      lastId = id ?? lastId;
      events.push({ kind: 'message', type: event ?? 'message', data, id: lastId });
    },
    onComment: (data) => events.push({ kind: 'comment', data }),
    onRetry: (ms) => ms < 1e15 && events.push({ kind: 'retry', ms }),
  });
  const decoder = new TextDecoder();
  for (const piece of pieces) parser.feed(decoder.decode(piece, { stream: true }));
  parser.feed(decoder.decode());
  return events;
}

/** Ours, without that space, and both without times that are too large for exact numbers. */
function comparable(events) {
  return events
    .filter(({ kind, ms }) => kind !== 'retry' || ms < 1e15)
    .map((event) =>
      event.kind === 'comment' ? { ...event, data: event.data.replace(/^ /, '') } : event);
}

// ---- Streams at random

/** mulberry32: numbers in [0, 1), the same for the same seed. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

const bytes = (text) => Buffer.from(text, 'latin1');

const NAMES = ['data', 'data', 'data', 'data', 'event', 'event', 'id', 'retry', '', '', 'Data',
  ' data', 'data ', 'da-ta', 'dat', 'dataa', 'events', 'ids', 'i', 'retry\0', '\xef\xbb\xbfdata'];
const MARKS = [': ', ': ', ':', ':', ':  ', ':\t', '::', ''];
const LINE_ENDS = ['\n', '\r', '\r\n'];
const VALUES = ['', '', ' ', 'x', 'a value', '{"delta":{"content":"Hi"}}', ': :', '0', '17',
  '003000', '1e3', '+5', '99999999', 'a\0b', '\0', '\xc3\xbcber', '\xe2\x98\x95',
  '\xf0\x9f\xab\x96', '\xe2\x80\xa8', '\xc2\x85', '\x0b\x0c', '\xef\xbb\xbf', '\x7f\x1b[1m',
  // not UTF-8: overlong, surrogates, too large, cut, alone
  '\xc0\xaf', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xf0\x9f\x98', '\xe2\x82', '\xff', '\x80a'];

class Generator {
  constructor(seed) {
    this.random = randomFrom(seed);
    this.lineEnds = this.random() < 0.5 ? [this.pick(LINE_ENDS)] : LINE_ENDS;
    this.hasData = false;
    this.hasId = false;
  }

  below(limit) {
    return Math.floor(this.random() * limit);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  value(name) {
    if (name === 'retry' && this.random() < 0.5) return String(this.below(100_000));
    if (this.random() < 0.02) return this.pick(VALUES).repeat(1 + this.below(20_000));
    let value = '';
    do value += this.pick(VALUES);
    while (this.random() < 0.3);
    return value;
  }

  line(name, mark, value) {
    this.hasData ||= name === 'data';
    this.hasId ||= name === 'id';
    return name + mark + value + this.pick(this.lineEnds);
  }

  /** An id without data is one of the differences. */
  blankLine() {
    const missing = this.hasId && !this.hasData ? this.line('data', ':', '') : '';
    this.hasId = this.hasData = false;
    return missing + this.pick(this.lineEnds);
  }

  stream() {
    let text = this.random() < 0.2 ? '\xef\xbb\xbf' : '';
    for (let lines = this.below(60); lines > 0; --lines) {
      if (this.random() < 0.3) {
        text += this.blankLine();
      } else {
        const name = this.pick(NAMES);
        const mark = name === '' ? ':' : this.pick(MARKS);
        text += this.line(name, mark, mark === '' ? '' : this.value(name));
      }
    }
    // So that nothing is left that waits for what follows a CR: another of the differences.
    return bytes(`${text}: end\n`);
  }

  pieces() {
    const stream = this.stream();
    const most = this.pick([1, 3, 20, 300, 5000, stream.length]);
    const pieces = [];
    for (let at = 0; at < stream.length; ) {
      const size = stream.length > 20_000 && most < 20 ? 300 : 1 + this.below(most);
      pieces.push(stream.subarray(at, at + size));
      at += size;
    }
    return pieces;
  }
}

function shown(pieces) {
  const text = pieces.map((piece) => JSON.stringify(piece.toString('latin1'))).join(' | ');
  return text.length > 3000 ? `${text.slice(0, 3000)}...` : text;
}

describe('our parser and eventsource-parser', () => {
  test(`report the same of ${STREAMS} random streams`, () => {
    const streams = Array.from({ length: STREAMS }, (_, seed) => new Generator(seed + 1).pieces());
    const found = ours(streams);
    assert.equal(found.length, STREAMS);
    const kinds = {};
    for (const [number, pieces] of streams.entries()) {
      const expected = theirs(pieces);
      for (const { kind } of expected) kinds[kind] = (kinds[kind] ?? 0) + 1;
      const got = comparable(found[number]);
      const at = expected.findIndex((event, index) => !isDeepStrictEqual(event, got[index]));
      if (at === -1 && got.length === expected.length) continue;
      assert.fail(`seed ${number + 1}, event ${at}: ${JSON.stringify(got[at])} instead of `
        + `${JSON.stringify(expected[at])} in ${shown(pieces)}`);
    }
    for (const kind of ['message', 'comment', 'retry'])
      assert.ok(kinds[kind] > STREAMS / 20, `hardly a ${kind}: ${JSON.stringify(kinds)}`);
  });

  // Where it leaves the standard, and what that asks for.
  const differences = [
    {
      what: 'a CR ends a line at once, also where the stream has nothing behind it',
      stream: 'data: x\r\r',
      expected: [{ kind: 'message', type: 'message', data: 'x', id: '' }],
    },
    {
      what: 'a block without data commits its id',
      stream: 'id: 7\n\ndata: x\n\n',
      expected: [{ kind: 'message', type: 'message', data: 'x', id: '7' }],
    },
    {
      what: 'three letters that are a BOM in Latin-1 are none',
      stream: '\xc3\xaf\xc2\xbb\xc2\xbfdata: x\n\ndata: y\n\n',
      expected: [{ kind: 'message', type: 'message', data: 'y', id: '' }],
    },
  ];
  for (const { what, stream, expected } of differences) {
    test(`differ: ${what}`, () => {
      const pieces = [bytes(stream)];
      assert.deepEqual(ours([pieces])[0], expected);
      assert.notDeepEqual(theirs(pieces), expected);
    });
  }
});
