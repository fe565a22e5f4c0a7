// npm's ws as an echo server, as its own documentation would have it.
//
// usage: ws_echo.mjs [--deflate]

import { createRequire } from 'node:module';

const require = createRequire(new URL('../clients/package.json', import.meta.url));
const { WebSocketServer } = require('ws');

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  backlog: 4096,
  perMessageDeflate: process.argv[2] === '--deflate',
});
server.on('listening', () => console.log(`listening 127.0.0.1:${server.address().port}`));
server.on('connection', (socket) => {
  socket.on('error', () => {}); // the load leaves without a Close
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
