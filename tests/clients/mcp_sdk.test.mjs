// The client of the Model Context Protocol's own SDK against /mcp of stream-echo: the life of a session,
// the tool with its progress, giving up, and going on where a connection broke.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const TIME_LIMIT = 20_000; // for each test; far more than it takes
const limited = { timeout: TIME_LIMIT };

const binDir = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/dev', import.meta.url));

let server;
let url;

before(async () => {
  server = spawn(`${binDir}/stream-echo`, ['--port', '0', '--silent', '--threads', '2'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout, 'data');
  url = line.toString().match(/(http:\S+)/)[1];
}, limited);

after(async () => {
  server.kill('SIGTERM');
  const [exit] = await once(server, 'exit');
  assert.equal(exit, 0);
}, limited);

// ---- Helpers

const open = [];
afterEach(() => Promise.all(open.splice(0).map((client) => client.close())));

/**
 * A connected client. `requests` are those that it made: method, Last-Event-ID, and what the answer was.
 * `errors` are what it complained of.
 */
async function connect(query = '', { toCall = query } = {}) {
  const seen = { requests: [], errors: [] };
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp${query}`), {
    fetch: async (address, init) => {
      const { method = 'GET', body } = init;
      const asked = typeof body === 'string' ? JSON.parse(body).method : undefined;
      const target = new URL(address);
      target.search = asked === 'initialize' ? '' : toCall;
      const answer = await fetch(target, init);
      seen.requests.push({
        method, asked, lastId: new Headers(init.headers).get('last-event-id'),
        status: answer.status, type: answer.headers.get('content-type'),
      });
      return answer;
    },
    reconnectionOptions: {
      initialReconnectionDelay: 10, maxReconnectionDelay: 50, reconnectionDelayGrowFactor: 1,
      maxRetries: 5,
    },
  });
  const client = new Client({ name: 'test', version: '1' });
  client.onerror = (error) => seen.errors.push(error);
  open.push(client);
  await client.connect(transport);
  return { client, transport, seen };
}

/** Calls the tool: its text, the progress that was told, and the ids on the way. */
async function echo(client, text, { steps, signal, onprogress } = {}) {
  const progress = [];
  const ids = [];
  const result = await client.callTool({ name: 'echo', arguments: { text, steps } }, undefined, {
    signal,
    onprogress: (step) => {
      progress.push(step);
      onprogress?.(step);
    },
    onresumptiontoken: (id) => ids.push(id),
  });
  return { result, text: result.content[0].text, progress, ids };
}

const messages = (progress) => progress.map(({ message }) => message);

// ---- A session

describe('a session', () => {
  test('begins, is used, and ends', limited, async () => {
    const { client, transport, seen } = await connect();
    assert.match(transport.sessionId, /^[0-9a-f]{32}$/);
    assert.equal(transport.protocolVersion, '2025-11-25');
    assert.equal(client.getServerVersion().name, 'stream-echo');
    assert.deepEqual(client.getServerCapabilities(), { tools: {} });
    assert.deepEqual(await client.ping(), {});
    const id = transport.sessionId;
    await transport.terminateSession();
    assert.equal(transport.sessionId, undefined);
    assert.equal(seen.requests.at(-1).method, 'DELETE');
    const late = await fetch(`${url}/mcp`, {
      headers: { accept: 'text/event-stream', 'mcp-session-id': id },
    });
    assert.equal(late.status, 404);
  });

  test('lists its tool with a schema', limited, async () => {
    const { client } = await connect();
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(({ name }) => name), ['echo']);
    assert.deepEqual(tools[0].inputSchema.required, ['text']);
    assert.deepEqual(Object.keys(tools[0].inputSchema.properties), ['text', 'steps']);
  });

  test('keeps a stream open for what the server has to say', limited, async () => {
    const { client, seen } = await connect();
    while (!seen.requests.some(({ method }) => method === 'GET')) await client.ping();
    const get = seen.requests.find(({ method }) => method === 'GET');
    assert.deepEqual([get.status, get.type], [200, 'text/event-stream']);
    assert.deepEqual(seen.errors, []);
  });

  test('answers as JSON or as a stream, as the URL says', limited, async () => {
    for (const [query, type] of [['?answer=json', 'application/json'],
      ['?answer=sse', 'text/event-stream']]) {
      const { client, seen } = await connect(query);
      await client.ping();
      assert.equal(seen.requests.at(-1).type, type);
      assert.equal((await echo(client, 'as one likes')).text, 'as one likes');
      assert.equal(seen.requests.at(-1).type, type);
    }
  });
});

// ---- The tool

describe('the tool', () => {
  test('says what it is told, and its progress word by word', limited, async () => {
    const { client, seen } = await connect('?tps=1000');
    const said = await echo(client, ' to be,\nor ä "not" ');
    assert.equal(said.text, ' to be,\nor ä "not" ');
    assert.deepEqual(messages(said.progress), [' ', 'to ', 'be,\n', 'or ', 'ä ', '"not" ']);
    assert.deepEqual(said.progress.map(({ progress }) => progress), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(said.progress.map(({ total }) => total), [6, 6, 6, 6, 6, 6]);
    assert.equal(new Set(said.ids).size, 8);
    assert.deepEqual(seen.errors, []);
  });

  test('takes so many steps', limited, async () => {
    const { client } = await connect('?interval=0');
    const said = await echo(client, 'one two', { steps: 4 });
    assert.deepEqual(messages(said.progress), ['1 of 4', '2 of 4', '3 of 4', '4 of 4']);
    assert.deepEqual(messages((await echo(client, 'one two', { steps: 0 })).progress), []);
  });

  test('answers many at a time', limited, async () => {
    const { client } = await connect('?tps=200');
    const texts = Array.from({ length: 10 }, (_, at) => `call number ${at}`);
    const said = await Promise.all(texts.map((text) => echo(client, text)));
    assert.deepEqual(said.map(({ text }) => text), texts);
    for (const { progress } of said) assert.equal(progress.length, 3);
  });

  test('fails as a tool does, and as the protocol does', limited, async () => {
    const { client } = await connect();
    const wrong = await client.callTool({ name: 'echo', arguments: { text: 7 } });
    assert.equal(wrong.isError, true);
    assert.match(wrong.content[0].text, /text/);
    await assert.rejects(client.callTool({ name: 'other' }), { code: -32602 });
    await assert.rejects(client.listPrompts(), /prompts/);
  });

  test('can be given up', limited, async () => {
    const { client, seen } = await connect('?tps=20');
    const giveUp = new AbortController();
    const progress = [];
    await assert.rejects(echo(client, 'a '.repeat(1000), {
      signal: giveUp.signal,
      onprogress: (step) => {
        progress.push(step);
        giveUp.abort(new Error('enough'));
      },
    }), /enough/);
    assert.equal(progress.length, 1);
    while (!seen.requests.some(({ asked }) => asked === 'notifications/cancelled')) {
      await client.ping();
    }
    assert.equal((await echo(client, 'still there')).text, 'still there');
  });
});

// ---- Broken connections

const WORDS = 'one two three four five six seven';

describe('what a broken connection cuts off comes later', () => {
  const breaks = {
    'when the server says when to come back': '?interval=0&close-after=2&retry=20',
    'behind some events': '?interval=0&drop-after=3&retry=20',
    'inside an event': '?interval=0&cut&after=3&retry=20',
    'without an end': '?interval=0&abort&after=3&retry=20',
    'by a reset': '?tps=100&rst&after=3&retry=20',
  };
  for (const [how, query] of Object.entries(breaks)) {
    test(how, limited, async () => {
      const { client, seen } = await connect('', { toCall: query });
      const said = await echo(client, WORDS);
      assert.equal(said.text, WORDS);
      assert.equal(messages(said.progress).join(''), WORDS);
      assert.equal(new Set(said.ids).size, said.ids.length);
      const resumed = seen.requests.filter(({ lastId, method }) => method === 'GET' && lastId);
      assert.ok(resumed.length >= 1, JSON.stringify(seen.requests));
      for (const { status } of resumed) assert.equal(status, 200);
    });
  }

  test('to whoever asks for it in the same session', limited, async () => {
    const { client, transport } = await connect();
    const cut = new AbortController();
    const answer = await fetch(`${url}/mcp?tps=50`, {
      method: 'POST', signal: cut.signal,
      headers: {
        'content-type': 'application/json', accept: 'application/json, text/event-stream',
        'mcp-session-id': transport.sessionId,
      },
      body: JSON.stringify({
        jsonrpc: '2.0', id: 'lost', method: 'tools/call',
        params: { name: 'echo', arguments: { text: WORDS } },
      }),
    });
    await answer.body.getReader().read();
    cut.abort();
    const late = await client.callTool({ name: 'echo', arguments: { text: 'not this' } }, undefined,
      { resumptionToken: '1-0' });
    assert.equal(late.content[0].text, WORDS);
  });
});
