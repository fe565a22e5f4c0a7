// npm's ws as a client, for comparison with ws-cat.
//
// usage: ws_client.mjs lines URL     each line of stdin is sent as a message
//        ws_client.mjs receive URL   each message is written as a line
//        ws_client.mjs pipe URL      stdin is sent, and as much is awaited and written
//        ws_client.mjs once URL      one message there and back

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { once } from 'node:events';

const require = createRequire(new URL('../clients/package.json', import.meta.url));
const { WebSocket, createWebSocketStream } = require('ws');

const [mode, url] = process.argv.slice(2);
const socket = new WebSocket(url, { perMessageDeflate: false });

async function lines() {
  await once(socket, 'open');
  for await (const line of createInterface({ input: process.stdin })) {
    socket.send(line);
    if (socket.bufferedAmount > 1 << 20) {
      await new Promise((done) => socket._socket.once('drain', done));
    }
  }
  socket.close(1000);
}

function receive() {
  socket.on('message', (data) => {
    process.stdout.write(data);
    process.stdout.write('\n');
  });
}

function pipe() {
  const stream = createWebSocketStream(socket);
  let sent = 0;
  let received = 0;
  let ended = false;
  const leaveWhenDone = () => ended && received === sent && socket.close(1000);
  process.stdin.on('data', (data) => (sent += data.length));
  process.stdin.on('end', () => {
    ended = true;
    leaveWhenDone();
  });
  stream.on('data', (data) => {
    received += data.length;
    leaveWhenDone();
  });
  process.stdin.pipe(stream, { end: false });
  stream.pipe(process.stdout);
}

function onlyOnce() {
  socket.on('open', () => socket.send('hi'));
  socket.on('message', (data) => {
    process.stdout.write(`${data}\n`);
    socket.close(1000);
  });
}

({ lines, receive, pipe, once: onlyOnce })[mode]();
