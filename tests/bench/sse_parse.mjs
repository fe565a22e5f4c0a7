// npm's eventsource-parser over the streams of sse_bench.cc, from bytes to events: decoding is its
// user's part, and in the time. Prints bytes per second as JSON, by the names that program uses.
//
// usage: sse_parse.mjs SECONDS     for each row

import { createRequire } from 'node:module';

const require = createRequire(new URL('../clients/package.json', import.meta.url));
const { createParser } = require('eventsource-parser');

const STREAM_SIZE = 256 << 10;
const FIRST_CHUNK = 37; // so that no other ends where an event does
const CHUNK_SIZES = [16 << 10, 1400, 200, 64];

const digits = (number, count) => String(number).padStart(count, '0');
const events = {
  data: (number) => `data: ${digits(number, 92)}\n\n`,
  llm: (number) =>
    `id: ${digits(number, 8)}\nevent: content_block_delta\n`
    + `data: {"type":"content_block_delta","index":0,"delta":{"text":"${digits(number, 42)}"}}\n\n`,
};

function makeStream(event) {
  let text = '';
  let count = 0;
  for (; text.length < STREAM_SIZE; ++count) text += event(count);
  return { bytes: Buffer.from(text), count };
}

function rate(stream, chunkSize, seconds) {
  let count = 0;
  const parser = createParser({ onEvent: () => ++count });
  const decoder = new TextDecoder();
  const round = () => {
    let size = FIRST_CHUNK;
    for (let at = 0; at < stream.bytes.length; at += size, size = chunkSize) {
      parser.feed(decoder.decode(stream.bytes.subarray(at, at + size), { stream: true }));
    }
  };
  const runFor = (time) => {
    const begin = process.cpuUsage();
    let rounds = 0;
    let used = 0;
    for (; used < time; ++rounds) {
      round();
      const { user, system } = process.cpuUsage(begin);
      used = (user + system) / 1e6;
    }
    return (rounds * stream.bytes.length) / used;
  };
  runFor(seconds / 2); // the compiler's time
  count = 0;
  round();
  if (count !== stream.count) throw new Error(`${count} events instead of ${stream.count}`);
  return runFor(seconds);
}

const seconds = Number(process.argv[2]);
const rates = {};
for (const [name, event] of Object.entries(events)) {
  const stream = makeStream(event);
  for (const size of CHUNK_SIZES) rates[`parse/${name}/${size}`] = rate(stream, size, seconds);
}
console.log(JSON.stringify(rates));
