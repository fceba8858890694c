// WebSocket frames as bytes, also wrong ones.
import { randomBytes } from 'node:crypto';

export const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

export function frame(opcode, payload = '', { fin = true, masked = true, reserved = 0 } = {}) {
  const body = Buffer.from(payload);
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const flag = masked ? 0x80 : 0;
  if (body.length < 126) head.push(flag | body.length);
  else if (body.length < 65536) head.push(flag | 126, body.length >> 8, body.length & 255);
  else head.push(flag | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (body.length >>> shift) & 255));
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  const mask = randomBytes(4);
  const hidden = Buffer.from(body.map((byte, at) => byte ^ mask[at & 3]));
  return Buffer.concat([Buffer.from(head), mask, hidden]);
}

// Past the library, straight onto the wire.
export const writeBytes = (client, ...frames) => client.ws._socket.write(Buffer.concat(frames));
