// npm's ws against every fault word of stream-echo: that the faults are what another implementation
// takes them for. The rows are in tests/vectors/faults.json, which the test with ws-cat reads as well.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const TIME_LIMIT = 20_000; // for each test; far more than it takes
const SILENCE = 200; // after which a silent server counts as silent, in ms

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const binDir = process.env.BIN_DIR ?? here('../../build/dev');
const { faults } = JSON.parse(readFileSync(here('../vectors/faults.json')));

/** Sends, closes when as many messages have come as are expected, and tells what happened. */
function talk(url, { send = ['hello'], messages: expected, silent, deflate }) {
  return new Promise((resolve) => {
    const perMessageDeflate = deflate ? { threshold: 0 } : false;
    const socket = new WebSocket(url, { handshakeTimeout: 500, perMessageDeflate });
    const seen = { messages: [], error: '' };
    socket.on('open', () => {
      for (const text of send) socket.send(text);
      if (!silent) return;
      socket.close();
      setTimeout(() => {
        seen.silent = socket.readyState !== WebSocket.CLOSED;
        socket.terminate();
      }, SILENCE);
    });
    socket.on('message', (data) => {
      seen.messages.push(data.toString());
      if (seen.messages.length === expected?.length) socket.close(1000);
    });
    socket.on('error', (error) => (seen.error = error.message));
    socket.on('close', (code) => resolve({ ...seen, close: code }));
  });
}

describe('npm ws and the faults of stream-echo', () => {
  let server;
  let url;

  before(async () => {
    server = spawn(`${binDir}/stream-echo`, ['--port', '0', '--silent'],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(server.stdout, 'data');
    url = line.toString().match(/^listening (ws:\S+)/)[1];
  });

  after(async () => {
    server.kill('SIGTERM');
    const [code] = await once(server, 'close');
    assert.equal(code, 0);
  });

  for (const { words, ws } of faults) {
    test(words, { timeout: TIME_LIMIT }, async () => {
      const seen = await talk(`${url}/ws?${words}`, ws);
      const says = JSON.stringify(seen);
      if (ws.silent) return assert.ok(seen.silent, says);
      assert.equal(seen.close, ws.close, says);
      assert.match(seen.error, new RegExp(ws.error ?? '^$'), says);
      if (ws.messages) assert.deepEqual(seen.messages, ws.messages);
    });
  }
});
