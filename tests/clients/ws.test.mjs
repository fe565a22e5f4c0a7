// npm's ws as the client of stream-echo, and as the server for ws-cat.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';

const TIME_LIMIT = 20_000; // for each test; far more than it takes
const limited = { timeout: TIME_LIMIT };

const binDir = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/dev', import.meta.url));

// ---- Helpers

/** Runs ws-cat to its end with `input` on standard input; null leaves that open. */
async function wsCat(args, input = '') {
  const child = spawn(`${binDir}/ws-cat`, args, { timeout: TIME_LIMIT });
  const out = [];
  let err = '';
  child.stdout.on('data', (data) => out.push(data));
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  child.stdin.on('error', () => {}); // it may leave before it has read everything
  if (input !== null) child.stdin.end(input);
  const [exit] = await once(child, 'close');
  child.stdin.destroy();
  return { exit, out: Buffer.concat(out), err };
}

function assertRun(run, expected) {
  const seen = { exit: run.exit, out: run.out.toString(), err: run.err };
  for (const [name, value] of Object.entries(expected)) {
    const says = `${name} of ${JSON.stringify(seen).slice(0, 2000)}`;
    if (value instanceof RegExp) assert.match(seen[name], value, says);
    else assert.equal(seen[name], value, says);
  }
}

/** Runs `body` with the URL of a server that gives each connection to `onConnection`. */
async function withServer(options, onConnection, body) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  server.on('connection', onConnection);
  await once(server, 'listening');
  try {
    return await body(`ws://127.0.0.1:${server.address().port}`, server);
  } finally {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
}

function echo(socket) {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

/** Bytes that repeat only after a long time. */
function noise(size) {
  const bytes = Buffer.alloc(size);
  for (let at = 0, value = 1; at < size; ++at) {
    value = (value * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = value >> 16;
  }
  return bytes;
}

// ---- stream-echo

describe('stream-echo and ws as its client', () => {
  let server;
  let url;

  before(async () => {
    const options = ['--port', '0', '--silent', '--subprotocol', 'echo.v1'];
    server = spawn(`${binDir}/stream-echo`, options, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(server.stdout, 'data');
    url = line.toString().match(/^listening (ws:\S+)/)[1];
  }, limited);

  after(async () => {
    server.kill('SIGTERM');
    const [exit] = await once(server, 'exit');
    assert.equal(exit, 0);
  }, limited);

  /** Runs `body` with an open connection, which is closed then. */
  async function withClient(args, body) {
    const socket = new WebSocket(url, ...args);
    await once(socket, 'open');
    try {
      return await body(socket);
    } finally {
      if (socket.readyState === WebSocket.OPEN) {
        socket.close(1000);
        const [code] = await once(socket, 'close');
        assert.equal(code, 1000);
      }
    }
  }

  test('text comes back as text', limited, () =>
    withClient([], async (socket) => {
      socket.send('tea ☕ 🫖');
      const [data, isBinary] = await once(socket, 'message');
      assert.equal(isBinary, false);
      assert.equal(data.toString(), 'tea ☕ 🫖');
    }));

  test('binary comes back as binary, of any size', limited, () =>
    withClient([], async (socket) => {
      for (const size of [0, 1, 125, 126, 65535, 65536, 1 << 20]) {
        const sent = noise(size);
        socket.send(sent);
        const [data, isBinary] = await once(socket, 'message');
        assert.equal(isBinary, true);
        assert.ok(sent.equals(data), `${size} bytes`);
      }
    }));

  test('messages come back in order', limited, () =>
    withClient([], async (socket) => {
      const received = [];
      const all = new Promise((resolve) => {
        socket.on('message', (data) => {
          if (received.push(data.toString()) === 1000) resolve();
        });
      });
      const sent = Array.from({ length: 1000 }, (_, i) => `message ${i}`);
      for (const text of sent) socket.send(text);
      await all;
      assert.deepEqual(received, sent);
    }));

  test('fragments come back as one message, with a pong in between', limited, () =>
    withClient([], async (socket) => {
      const pong = once(socket, 'pong');
      socket.send('tea', { fin: false });
      socket.ping('now');
      socket.send('-', { fin: false });
      socket.send('pot', { fin: true });
      const [data, isBinary] = await once(socket, 'message');
      assert.equal(isBinary, false);
      assert.equal(data.toString(), 'tea-pot');
      assert.equal((await pong)[0].toString(), 'now');
    }));

  test('code and reason of a close come back', limited, () =>
    withClient([], async (socket) => {
      socket.close(4001, 'enough');
      const [code] = await once(socket, 'close');
      assert.equal(code, 4001);
    }));

  test('a close without a code is answered without one', limited, () =>
    withClient([], async (socket) => {
      socket.close();
      const [code] = await once(socket, 'close');
      assert.equal(code, 1005);
    }));

  test('the first offered subprotocol that the server has is chosen', limited, async () => {
    await withClient([['chat.v1', 'echo.v1']], (socket) =>
      assert.equal(socket.protocol, 'echo.v1'));
    await withClient([], (socket) => assert.equal(socket.protocol, ''));
  });

  test('an unknown subprotocol gets none, which ws refuses', limited, async () => {
    const socket = new WebSocket(url, ['zzz']);
    const [error] = await once(socket, 'error');
    assert.match(error.message, /no subprotocol/);
  });

  const agreements = [
    {}, { serverNoContextTakeover: true }, { clientNoContextTakeover: true },
    { serverMaxWindowBits: 9 }, { clientMaxWindowBits: 9 },
    { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 12 },
  ];

  for (const agreement of agreements) {
    test(`compressed messages come back, with ${JSON.stringify(agreement)}`, limited, () =>
      withClient([{ perMessageDeflate: { threshold: 0, ...agreement } }], async (socket) => {
        assert.match(socket.extensions, /permessage-deflate/);
        const texts = ['', 'tea ☕', 'a'.repeat(300_000), 'tea ☕', noise(100_000).toString('hex')];
        for (const text of texts) {
          socket.send(text);
          const [data] = await once(socket, 'message');
          assert.equal(data.toString(), text);
        }
        for (const size of [1, 70_000]) {
          socket.send(noise(size));
          const [data, isBinary] = await once(socket, 'message');
          assert.ok(isBinary);
          assert.deepEqual(data, noise(size));
        }
      }));
  }

  test('a message that comes plain goes back plain', limited, () =>
    withClient([{ perMessageDeflate: true }], async (socket) => {
      const received = once(socket._socket, 'data');
      socket.send('short', { compress: false });
      assert.deepEqual((await received)[0], Buffer.from('\x81\x05short', 'latin1'));
    }));

  test('a foreign Origin is refused with 403', limited, async () => {
    const socket = new WebSocket(url, { origin: 'https://attacker.example' });
    const [, response] = await once(socket, 'unexpected-response');
    assert.equal(response.statusCode, 403);
    response.destroy();
  });

  test('a connection that is cut takes nothing with it', limited, async () => {
    await withClient([], (socket) => {
      socket.send('x');
      socket.terminate();
    });
    await withClient([], async (socket) => {
      socket.send('still there');
      const [data] = await once(socket, 'message');
      assert.equal(data.toString(), 'still there');
    });
  });
});

// ---- ws-cat

describe('ws-cat and ws as its server', () => {
  test('echo hi | ws-cat URL prints hi and exits with 0', limited, () =>
    withServer({}, echo, async (url) => {
      assertRun(await wsCat([url], 'hi\n'), { exit: 0, out: 'hi\n', err: '' });
    }));

  test('-d TEXT --count 1 sends, prints and leaves', limited, () =>
    withServer({}, echo, async (url) => {
      const run = await wsCat(['-d', 'hi', '--count', '1', url], null);
      assertRun(run, { exit: 0, out: 'hi\n', err: '' });
    }));

  test('the server sees a close with 1000', limited, () => {
    let closed;
    return withServer({}, (socket) => {
      echo(socket);
      closed = once(socket, 'close');
    }, async (url) => {
      assertRun(await wsCat(['-d', 'hi', '--count', '1', url]), { exit: 0 });
      assert.equal((await closed)[0], 1000);
    });
  });

  test('--close CODE:REASON is what the server sees', limited, () => {
    let closed;
    return withServer({}, (socket) => {
      echo(socket);
      closed = once(socket, 'close');
    }, async (url) => {
      const options = ['--close', '4000:done', '-d', 'hi', '--count', '1'];
      assertRun(await wsCat([...options, url]), { exit: 0 });
      const [code, reason] = await closed;
      assert.deepEqual([code, reason.toString()], [4000, 'done']);
    });
  });

  test('lines are text messages, and binary ones with --binary', limited, () => {
    const received = [];
    return withServer({}, (socket) => {
      socket.on('message', (data, isBinary) => received.push([data.toString(), isBinary]));
      echo(socket);
    }, async (url) => {
      assertRun(await wsCat(['--count', '2', url], 'á\nb\n'), { exit: 0, out: 'á\nb\n' });
      assertRun(await wsCat(['--binary', '--count', '1', url], 'c\n'), { exit: 0, out: 'c\n' });
      assert.deepEqual(received, [['á', false], ['b', false], ['c', true]]);
    });
  });

  test('text and binary are told apart in --to jsonl', limited, () =>
    withServer({}, (socket) => {
      socket.send('kávovar');
      socket.send(Buffer.from([0, 255]));
      socket.close(1000);
    }, async (url) => {
      const run = await wsCat(['--to', 'jsonl', url], null);
      assertRun(run, { exit: 0 });
      const lines = run.out.toString().trim().split('\n').map((line) => JSON.parse(line));
      const messages = lines.filter((line) => line.kind === 'message');
      assert.deepEqual(messages.map(({ type, data, base64 }) => [type, data, base64]),
        [['text', 'kávovar', undefined], ['binary', undefined, 'AP8=']]);
      const close = lines.at(-1);
      assert.deepEqual([close.kind, close.code, close.by], ['close', 1000, 'peer']);
    }));

  test('a large message arrives whole in both directions', limited, () =>
    withServer({ maxPayload: 1 << 26 }, echo, async (url) => {
      const sent = noise(8 << 20);
      const run = await wsCat(['--data-binary', '@-', '--to', 'raw', '--count', '1', url], sent);
      assertRun({ ...run, out: '' }, { exit: 0, err: '' });
      assert.ok(run.out.equals(sent));
    }));

  test('fragments are printed as one line', limited, () =>
    withServer({}, (socket) => {
      socket.send('tea', { fin: false });
      socket.ping('between');
      socket.send('-', { fin: false });
      socket.send('pot', { fin: true });
      socket.close(1000);
    }, async (url) => {
      assertRun(await wsCat([url], null), { exit: 0, out: 'tea-pot\n' });
    }));

  test('a failing close shows its reason and gives 101', limited, () =>
    withServer({}, (socket) => socket.close(1011, 'model overloaded'), async (url) => {
      assertRun(await wsCat([url], null), {
        exit: 101,
        out: '',
        err: 'ws-cat: closed by server: 1011 "model overloaded"\n',
      });
    }));

  test('--ok-close makes a code a good one', limited, () =>
    withServer({}, (socket) => socket.close(1011), async (url) => {
      assertRun(await wsCat(['--ok-close', '1011', url], null), { exit: 0 });
    }));

  test('a connection that is cut gives 56', limited, () =>
    withServer({}, (socket) => socket.terminate(), async (url) => {
      const run = await wsCat([url], null);
      assertRun(run, { exit: 56, out: '', err: /connection cut without a Close frame: / });
    }));

  test('a connection that is cut after a message still prints that', limited, () =>
    withServer({}, (socket) => socket.send('last words', () => socket.terminate()),
      async (url) => {
        assertRun(await wsCat([url], null), { exit: 56, out: 'last words\n' });
      }));

  test('a refusal shows its body and gives 22', limited, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    server.on('upgrade', (request, socket) => {
      const body = 'no entry\nnot even for you';
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n' +
        `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    });
    await once(server, 'listening');
    try {
      const run = await wsCat([`ws://127.0.0.1:${server.address().port}`]);
      assertRun(run, { exit: 22, out: '' });
      assert.match(run.err, /^HTTP\/1\.1 403 Forbidden\n/);
      assert.match(run.err, /\nno entry\nnot even for you\nws-cat: .*403 Forbidden: its answer says why\n$/);
    } finally {
      server.close();
    }
  });

  test('verifyClient of ws refuses with 401', limited, () =>
    withServer({ verifyClient: () => false }, echo, async (url) => {
      assertRun(await wsCat([url]), { exit: 22, err: /401 Unauthorized: the server wants a login\nhint: .*\n$/ });
    }));

  test('a subprotocol is agreed', limited, () => {
    const handleProtocols = (offered) => [...offered].at(-1);
    return withServer({ handleProtocols }, (socket) => {
      socket.send(socket.protocol);
      socket.close(1000);
    }, async (url) => {
      const run = await wsCat(['--subprotocol', 'a', '--subprotocol', 'b', url], null);
      assertRun(run, { exit: 0, out: 'b\n' });
    });
  });

  test('a subprotocol that was not offered is a violation', limited, () =>
    withServer({ handleProtocols: () => 'c' }, echo, async (url) => {
      const run = await wsCat(['--subprotocol', 'a', url], null);
      assertRun(run, { exit: 100, out: '', err: /RFC 6455 4\.1/ });
    }));

  test('header, origin, cookie and user arrive', limited, () => {
    let seen;
    return withServer({}, (socket, request) => {
      seen = request.headers;
      socket.close(1000);
    }, async (url) => {
      const options = ['-H', 'X-Test: 1', '--origin', 'http://localhost', '-b', 'a=1', '-u', 'u:p'];
      assertRun(await wsCat([...options, url], null), { exit: 0 });
      const { origin, cookie, authorization } = seen;
      assert.deepEqual([seen['x-test'], origin, cookie, authorization],
        ['1', 'http://localhost', 'a=1', 'Basic dTpw']);
    });
  });

  test('pings of the server are answered', limited, () => {
    let pong;
    return withServer({}, (socket) => {
      socket.ping('are you there');
      socket.once('pong', (data) => {
        pong = data.toString();
        socket.close(1000);
      });
    }, async (url) => {
      assertRun(await wsCat(['--show-control', url], null), {
        exit: 0,
        out: '',
        err: /ping "are you there"/,
      });
      assert.equal(pong, 'are you there');
    });
  });

  test('--ping-interval keeps a quiet connection alive', limited, () => {
    let pings = 0;
    return withServer({}, (socket) => {
      socket.on('ping', () => {
        if (++pings === 3) socket.close(1000);
      });
    }, async (url) => {
      assertRun(await wsCat(['--ping-interval', '0.02', url], null), { exit: 0 });
      assert.equal(pings, 3);
    });
  });

  test('a server that never answers pings is given up', limited, () =>
    withServer({ autoPong: false }, () => {}, async (url) => {
      const run = await wsCat(['--ping-interval', '0.02', '--ping-timeout', '0.05', url], null);
      assertRun(run, { exit: 28, err: /no pong/ });
    }));

  test('a close of the server ends ws-cat although standard input is open', limited, () =>
    withServer({}, (socket) => {
      socket.send('bye');
      socket.close(1001, 'restart');
    }, async (url) => {
      assertRun(await wsCat([url], null), {
        exit: 0,
        out: 'bye\n',
        err: 'ws-cat: closed by server: 1001 "restart"\n',
      });
    }));

  for (const agreement of [
    {}, { serverNoContextTakeover: true, clientNoContextTakeover: true },
    { serverMaxWindowBits: 9, clientMaxWindowBits: 9 }, { clientMaxWindowBits: 8 },
  ]) {
    test(`compressed messages go both ways, with ${JSON.stringify(agreement)}`, limited, () => {
      let extensions;
      return withServer({ perMessageDeflate: { threshold: 0, ...agreement } }, (socket) => {
        extensions = socket.extensions;
        echo(socket);
      }, async (url) => {
        const lines = ['', 'tea ☕', 'a'.repeat(5000), 'tea ☕', 'a'.repeat(200_000), 'tea ☕'];
        const text = lines.map((line) => `${line}\n`).join('');
        for (const options of [[], ['--deflate'], ['--deflate', '--fragment', '700']]) {
          assertRun(await wsCat(['--count', '6', ...options, url], text), { exit: 0, out: text });
          assert.match(extensions, /permessage-deflate/);
        }
      });
    });
  }

  test('parameters of --deflate are those that the server reads', limited, () => {
    let offered;
    return withServer({ perMessageDeflate: true }, (socket, request) => {
      offered = request.headers['sec-websocket-extensions'];
      echo(socket);
    }, async (url) => {
      const parameters = 'client_no_context_takeover; server_max_window_bits=10';
      const run = await wsCat(['--count', '1', `--deflate=${parameters}`, '--stats', url], 'hi\n');
      assertRun(run, { exit: 0, out: 'hi\n', err: /compressed: sent 2 to 4 bytes/ });
      assert.equal(offered, `permessage-deflate; ${parameters}`);
    });
  });

  test('a message beyond --max-message gives 103, and the server a 1009', limited, () => {
    let closed;
    return withServer({}, (socket) => {
      closed = once(socket, 'close');
      socket.send('x'.repeat(100));
    }, async (url) => {
      assertRun(await wsCat(['--max-message', '99', url], null), { exit: 103, out: '' });
      assert.equal((await closed)[0], 1009);
    });
  });
});

// ---- Inside TLS

describe('wss', () => {
  let directory;
  let ca;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'wss-'));
    ca = join(directory, 'ca.pem');
  });
  after(() => rmSync(directory, { recursive: true }));

  test('stream-echo --tls and ws as its client, which checks the certificate', limited, async () => {
    const options = ['--port', '0', '--silent', '--ca-out', ca];
    const server = spawn(`${binDir}/stream-echo`, options, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(server.stdout, 'data');
    const url = line.toString().match(/^listening (wss:\S+)/)[1];

    const socket = new WebSocket(url, { ca: readFileSync(ca) });
    await once(socket, 'open');
    for (const size of [0, 125, 65536, 1 << 20, 5 << 20]) {
      const sent = noise(size);
      socket.send(sent);
      const [data] = await once(socket, 'message');
      assert.ok(sent.equals(data), `${size} bytes`);
    }
    socket.close(4001, 'enough');
    assert.equal((await once(socket, 'close'))[0], 4001);

    const stranger = new WebSocket(url);
    const [error] = await once(stranger, 'error');
    assert.match(error.message, /unable to verify/);

    server.kill('SIGTERM');
    assert.equal((await once(server, 'exit'))[0], 0);
  });

  test('ws as the server for ws-cat, with a client certificate', limited, async () => {
    const key = join(directory, 'key.pem');
    const both = join(directory, 'both.pem');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
      '-nodes', '-days', '2', '-subj', '/CN=teapot', '-addext', 'subjectAltName=IP:127.0.0.1',
      '-keyout', key, '-out', both], { stdio: 'ignore' });
    const cert = readFileSync(both);
    const server = createTlsServer(
      { cert, key: readFileSync(key), ca: cert, requestCert: true, rejectUnauthorized: true });
    new WebSocketServer({ server, maxPayload: 1 << 26 }).on('connection', echo);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `wss://127.0.0.1:${server.address().port}`;
      const sent = noise(1 << 20);
      const identity = ['--cacert', both, '--cert', both, '--key', key];
      const run = await wsCat(
        [...identity, '--data-binary', '@-', '--to', 'raw', '--count', '1', url], sent);
      assertRun({ ...run, out: '' }, { exit: 0, err: '' });
      assert.ok(run.out.equals(sent));
      const refused = await wsCat(['--cacert', both, url]);
      assertRun(refused, { exit: 56, err: /the server wants a client certificate/ });
    } finally {
      server.close();
    }
  });
});
