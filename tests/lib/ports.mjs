// A TCP port of 127.0.0.1 that nobody listens on now, and that this process was not given before: whoever got it may be between two lives.
import net from 'node:net';

const given = new Set();

function openPort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export async function freePort() {
  for (;;) {
    const port = await openPort();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}
