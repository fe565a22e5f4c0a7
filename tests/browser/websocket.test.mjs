// A page in Chromium talks to stream-echo: text, binary, close codes and faults, over ws and wss.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const TIME_LIMIT = 60_000; // for each test; far more than it takes
const limited = { timeout: TIME_LIMIT };

const binDir = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/dev', import.meta.url));

let browser;
let site; // an origin on this machine, and under another name one that is foreign
let page;

before(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--host-resolver-rules=MAP evil.example 127.0.0.1'],
  });
  site = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>test</title>');
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  page = await pageAt('127.0.0.1');
}, limited);

after(async () => {
  await browser?.close();
  site?.close();
});

/** A page whose origin is `host` on this machine; certificates of our own making are fine. */
async function pageAt(host) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const opened = await context.newPage();
  await opened.goto(`http://${host}:${site.address().port}/`);
  await opened.evaluate(() => {
    /** Opens `url`, sends `messages`, closes after as many have come back; tells what happened. */
    window.talk = (url, messages, { protocols = [], code, reason } = {}) =>
      new Promise((resolve) => {
        const seen = { messages: [] };
        const socket = new WebSocket(url, protocols);
        socket.binaryType = 'arraybuffer';
        const close = () => (code ? socket.close(code, reason) : socket.close());
        socket.onopen = () => {
          seen.protocol = socket.protocol;
          seen.extensions = socket.extensions;
          for (const one of messages) {
            socket.send(typeof one === 'string' ? one : new Uint8Array(one));
          }
          if (messages.length === 0 && code !== undefined) close();
        };
        socket.onmessage = ({ data }) => {
          seen.messages.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
          if (seen.messages.length === messages.length) close();
        };
        socket.onerror = () => (seen.error = true);
        socket.onclose = (event) => {
          seen.close = { code: event.code, reason: event.reason, clean: event.wasClean };
          resolve(seen);
        };
      });
  });
  return opened;
}

/** A running stream-echo: its URL, its next close line of --to jsonl, and its end. */
async function startEcho(...options) {
  const server = spawn(`${binDir}/stream-echo`,
    ['--port', '0', '--silent', '--to', 'jsonl', ...options],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const events = new EventEmitter();
  let text = '';
  const url = await new Promise((resolve, reject) => {
    server.once('exit', () => reject(new Error('stream-echo did not start')));
    server.stdout.setEncoding('utf8').on('data', (data) => {
      text += data;
      const whole = text.split('\n');
      text = whole.pop();
      for (const line of whole) {
        const ready = line.match(/^listening (wss?:\S+)/);
        if (ready) resolve(ready[1]);
        else events.emit(`line ${JSON.parse(line).kind}`, JSON.parse(line));
      }
    });
  });
  const stop = async () => {
    server.removeAllListeners('exit');
    server.kill('SIGTERM');
    const [code] = await once(server, 'close');
    assert.equal(code, 0, 'exit code of stream-echo');
  };
  const nextClose = async () => (await once(events, 'line close'))[0];
  return { url, nextClose, stop };
}

for (const [scheme, options] of [['ws', []], ['wss', ['--tls']]]) {
  describe(`a page and stream-echo over ${scheme}`, () => {
    let server;
    before(async () => {
      server = await startEcho('--subprotocol', 'echo.v1', ...options);
      assert.ok(server.url.startsWith(`${scheme}://`), server.url);
    }, limited);
    after(() => server?.stop());

    const talk = (path, messages, rest) =>
      page.evaluate((args) => window.talk(...args), [server.url + path, messages, rest]);

    test('text comes back as text', limited, async () => {
      const sent = ['hello', '', 'grüße, 世界 🌍', 'x'.repeat(200_000)];
      assert.deepEqual((await talk('/ws', sent)).messages, sent);
    });

    test('compression is agreed on', limited, async () => {
      const sent = ['hello', 'hello', 'tea '.repeat(100_000), 'hello'];
      const seen = await talk('/ws', sent);
      assert.equal(seen.extensions, 'permessage-deflate');
      assert.deepEqual(seen.messages, sent);
    });

    test('binary comes back as binary', limited, async () => {
      const sent = [[0, 1, 127, 128, 255], [], Array(70_000).fill(7)];
      assert.deepEqual((await talk('/ws', sent)).messages, sent);
    });

    test('a close with code and reason arrives, and the code comes back', limited, async () => {
      for (const [code, reason] of [[1000, 'done'], [3000, undefined], [4999, 'grüße']]) {
        const line = server.nextClose();
        const { close } = await talk('/ws', [], { code, reason });
        assert.deepEqual(close, { code, reason: '', clean: true });
        const { code: arrived, reason: why, by } = await line;
        assert.deepEqual({ code: arrived, reason: why, by }, { code, reason, by: 'peer' });
      }
    });

    test('an offered subprotocol is chosen', limited, async () => {
      const seen = await talk('/ws', ['x'], { protocols: ['other', 'echo.v1'] });
      assert.equal(seen.protocol, 'echo.v1');
    });

    test('a close by the server shows its code and reason', limited, async () => {
      const { messages, close } = await talk('/ws?close=4001,enough&after=1', ['one', 'two']);
      assert.deepEqual(messages, ['one']);
      assert.deepEqual(close, { code: 4001, reason: 'enough', clean: true });
    });
  });
}

describe('a page and a server that misbehaves', () => {
  let server;
  before(async () => {
    server = await startEcho();
  }, limited);
  after(() => server?.stop());

  // A page hears 1006 of everything that is no Close frame that may be sent.
  const unopened = ['drop', 'rst', 'status=503', 'redirect=1', 'bad-accept', 'no-accept',
    'wrong-protocol', 'unasked-extension', 'junk-head'];
  for (const words of unopened) {
    test(`${words} opens nothing`, limited, async () => {
      const seen = await page.evaluate((args) => window.talk(...args),
        [`${server.url}/ws?${words}`, ['x']]);
      assert.deepEqual(seen,
        { messages: [], error: true, close: { code: 1006, reason: '', clean: false } });
    });
  }

  // [words, what the page sends, code that the page hears, code that the server hears]
  const ended = [
    ['close=1011,overload', [], 1011, 1011],
    ['abort', [], 1006, 1006],
    ['rst&after=1', ['x', 'y'], 1006, 1006],
    ['truncate', ['hello'], 1006, 1006],
    ['masked', ['x'], 1006, 1002],
    ['rsv=2', ['x'], 1006, 1002],
    ['opcode=3', ['x'], 1006, 1002],
    ['nonminimal', ['x'], 1006, 1002],
    ['len63', ['x'], 1006, 1002],
    ['close1byte', [], 1006, 1002],
    ['close=1005', [], 1006, 1002],
    ['bad-utf8', ['x'], 1006, 1002], // 1007 would be the word for it, but so Chromium says it
    ['bad-utf8=split', ['x'], 1006, 1002],
  ];
  for (const [words, messages, heard, told] of ended) {
    test(`${words} is a close with ${heard} here and ${told} there`, limited, async () => {
      const line = server.nextClose();
      const seen = await page.evaluate((args) => window.talk(...args),
        [`${server.url}/ws?${words}`, messages]);
      assert.equal(seen.close.code, heard, JSON.stringify(seen));
      assert.equal((await line).code, told);
    });
  }

  const harmless = ['fragment=2', 'interleave', 'slice=1/1ms', 'dribble=5/1ms', 'jitter=5ms',
    'ping=5ms', 'delay=20ms', 'rate=10k', 'coalesce&slice=1'];
  for (const words of harmless) {
    test(`${words} does no harm`, limited, async () => {
      const seen = await page.evaluate((args) => window.talk(...args),
        [`${server.url}/ws?${words}`, words.startsWith('coalesce') ? ['x', 'hello'] : ['hello']]);
      assert.equal(seen.close.clean, true, JSON.stringify(seen));
      const expected = words.startsWith('coalesce') ? ['in the same write', 'x'] : ['hello'];
      assert.deepEqual(seen.messages, expected);
    });
  }

  test('a page from elsewhere is refused', limited, async () => {
    const foreign = await pageAt('evil.example');
    const seen = await foreign.evaluate((url) => window.talk(url, ['x']), `${server.url}/ws`);
    assert.equal(seen.close.code, 1006);
    assert.deepEqual(seen.messages, []);
  });
});
