// An origin that says whatever a test writes, also what no HTTP library would.
import http from 'node:http';
import net from 'node:net';

// answer(socket, text): called with everything that a connection has said so far, each time more comes.
export async function rawOrigin(answer) {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    let text = '';
    sockets.add(socket);
    socket.setEncoding('latin1').on('data', (more) => answer(socket, (text += more)));
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  return begin(server, sockets);
}

// An origin of Node's own making.
export async function nodeOrigin(handler, options = {}) {
  const sockets = new Set();
  const server = http.createServer(options, handler);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return begin(server, sockets);
}

async function begin(server, sockets) {
  let opened = 0;
  server.on('connection', () => (opened += 1));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    sockets,
    opened: () => opened,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
