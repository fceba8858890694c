// An app's auth endpoint as its back end would write it, with the official library. On another origin than the page, so with CORS.
// Channels whose name holds "refused" are signed with a wrong secret, those with "forbidden" are answered 403.
import http from 'node:http';
import Pusher from 'pusher';
import { APP } from '../lib/api.mjs';

export const sdk = (port, app = APP) =>
  new Pusher({ appId: app.id, key: app.key, secret: app.secret, host: '127.0.0.1', port: String(port), useTLS: false });

export async function startAuthEndpoint(port) {
  const right = sdk(port);
  const wrong = sdk(port, { ...APP, secret: 'wrong' });
  const server = http.createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '*');
    response.setHeader('access-control-allow-credentials', 'true');
    response.setHeader('access-control-allow-headers', 'content-type');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    const channel = form.get('channel_name');
    if (channel.includes('forbidden')) return response.writeHead(403).end('forbidden');
    const signer = channel.includes('refused') ? wrong : right;
    const auth = signer.authorizeChannel(form.get('socket_id'), channel);
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(auth));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${server.address().port}/auth`;
  return server;
}
