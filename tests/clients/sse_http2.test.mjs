// sse-tail and the HTTP/2 and HTTP/1.1 servers of Node.js: which version is spoken, that events come
// one by one over HTTP/2, too, and that its ends are told apart.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, createSecureServer } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const TIME_LIMIT = 20_000; // for each test; far more than it takes

const binDir = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/dev', import.meta.url));

let folder;
let certificate;
let key;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sse-http2-'));
  [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=teapot', '-addext',
    'subjectAltName=IP:127.0.0.1', '-out', certificate, '-keyout', key], { stdio: 'ignore' });
});

after(() => rmSync(folder, { recursive: true }));

/** A server that answers every request with `respond(stream, headers, number)`. */
async function serve(respond, { secure = true } = {}) {
  const server = secure
    ? createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) })
    : createServer();
  server.requests = [];
  server.on('stream', (stream, headers) => {
    server.requests.push(headers);
    stream.on('error', () => {}); // the client may leave when it likes
    respond(stream, headers, server.requests.length);
  });
  server.on('sessionError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.url = `${secure ? 'https' : 'http'}://127.0.0.1:${server.address().port}/`;
  return server;
}

const OPEN = { ':status': 200, 'content-type': 'text/event-stream' };

function start(...options) {
  const child = spawn(join(binDir, 'sse-tail'), ['--cacert', certificate, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.text = { out: '', err: '' };
  child.stdout.on('data', (data) => (child.text.out += data));
  child.stderr.on('data', (data) => (child.text.err += data));
  return child;
}

async function run(...options) {
  const child = start(...options);
  const [code] = await once(child, 'close');
  return { code, ...child.text };
}

describe('HTTP/2', { timeout: TIME_LIMIT }, () => {
  test('is spoken where the server has it, and reconnects with the ID', async () => {
    const server = await serve((stream, headers, number) => {
      if (number === 3) {
        stream.respond({ ':status': 204 }, { endStream: true });
        return;
      }
      stream.respond(OPEN);
      stream.end(`retry: 5\nid: ${number}\ndata: ${number}\n\n`);
    });
    const { code, out, err } = await run('--to', 'jsonl', server.url);
    server.close();
    assert.equal(code, 0, err);
    const lines = out.trim().split('\n').map((line) => JSON.parse(line));
    const of = (kind) => lines.filter((line) => line.kind === kind);
    assert.deepEqual(of('message').map(({ data }) => data), ['1', '2']);
    assert.deepEqual(of('open').map(({ protocol }) => protocol), ['h2', 'h2']);
    assert.deepEqual(server.requests.map((headers) => headers['last-event-id']),
      [undefined, '1', '2']);
    assert.equal(server.requests[0].accept, 'text/event-stream');
  });

  test('brings each event at once', async () => {
    let stream;
    const server = await serve((its) => {
      stream = its;
      stream.respond(OPEN);
      stream.write('data: 0\n\n');
    });
    const child = start('--count', '5', server.url);
    let seen = '';
    for await (const text of child.stdout) {
      seen += text;
      const count = seen.trim().split('\n').length;
      if (count < 5) stream.write(`data: ${count}\n\n`);
    }
    assert.equal(seen, '0\n1\n2\n3\n4\n');
    server.close();
  });

  test('that is reset in the middle is cut off', async () => {
    const server = await serve((stream) => {
      stream.respond(OPEN);
      stream.write('data: a\n\ndata: b', () => stream.destroy(new Error('teapot')));
    });
    const { code, out, err } = await run('--no-reconnect', server.url);
    server.close();
    assert.equal(out, 'a\n');
    assert.equal(code, 92, err); // CURLE_HTTP2_STREAM
    assert.match(err, /the stream ended inside an event, which is not shown: "data: b"/);
    assert.match(err, /sse-tail: the stream was cut off: /);
  });

  test('does not hold more than a slow reader takes', async () => {
    let written = 0;
    const server = await serve((stream) => {
      stream.respond(OPEN);
      const block = 'data: ' + 'x'.repeat(1016) + '\n\n';
      const more = () => {
        while (written < 256 << 20) {
          written += block.length;
          if (!stream.write(block)) return;
        }
      };
      stream.on('drain', more);
      more();
    });
    const child = spawn(join(binDir, 'sse-tail'), ['--cacert', certificate, server.url], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.pause();
    // Until nothing more is asked for.
    for (let before = -1; before !== written || written === 0; ) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(written < 64 << 20, `${written} bytes`);
    child.kill();
    await once(child, 'exit');
    server.close();
  });

  test('is left aside with --http1.1, and asked for in clear with --http2', async () => {
    const server = await serve((stream) => {
      stream.respond(OPEN);
      stream.end('data: a\n\n');
    });
    // This server has no HTTP/1.1.
    const { code } = await run('--http1.1', '--no-reconnect', server.url);
    assert.notEqual(code, 0);
    server.close();
  });
});
