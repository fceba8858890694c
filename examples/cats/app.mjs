// An app of the usual kind: Express, a page, and a picture that changes every ten seconds. It knows nothing of Offing.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { COUNT, drawCat } from './draw.mjs';

const EVERY = Number(process.env.CATS_EVERY ?? 10_000);
const PORT = Number(process.env.PORT ?? 3000);
const app = express();

app.use(express.static(path.join(path.dirname(fileURLToPath(import.meta.url)), 'public')));
app.get('/cat', (request, response) => {
  response.set('Cache-Control', 'no-cache').type('image/svg+xml');
  response.send(drawCat(Math.floor(Date.now() / EVERY) % COUNT));
});
app.listen(PORT, '127.0.0.1', () => console.log(`cats: the app listens on http://127.0.0.1:${PORT}`));
