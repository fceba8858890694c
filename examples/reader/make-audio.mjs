// Makes the sound of the reader: three fog signals of sixteen seconds each, 16 kHz, 16 bit, one channel. `node make-audio.mjs FOLDER`.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const RATE = 16_000;
const PART = 16; // seconds
const tone = (hertz, t) => Math.sin(2 * Math.PI * hertz * t);
// Rises in 40 ms, holds, falls in 200 ms.
const swell = (t, length) => Math.max(0, Math.min(1, t / 0.04, (length - t) / 0.2));

// A bell on a buoy: every two seconds or so, as the sea moves it.
const STROKES = [0.2, 1.9, 4.3, 5.6, 8.1, 9.9, 12.2, 13.8];
function bell(t) {
  const since = t - (STROKES.findLast((stroke) => stroke <= t) ?? Infinity);
  if (!(since >= 0)) return 0;
  const partials = [1, 2.0, 2.76, 5.4].map((ratio, n) => tone(523 * ratio, since) * Math.exp(-since * (1.2 + n * 1.5)));
  return partials.reduce((sum, each) => sum + each) / 3;
}

// A diaphone: a steady, rough note, then the grunt in which it ends.
function diaphone(t) {
  const since = t % 8;
  const rough = (hertz) => (tone(hertz, since) + tone(hertz * 2, since) / 2 + tone(hertz * 3, since) / 3) / 2;
  if (since < 3) return rough(180) * swell(since, 3);
  return since < 4 ? rough(90) * swell(since - 3, 1) : 0;
}

// An electric horn: two seconds of sound, two of silence.
const horn = (t) => (t % 4 < 2 ? ((tone(370, t) + tone(740, t) / 4) / 1.4) * swell(t % 4, 2) : 0);

function wav(signals) {
  const samples = signals.length * PART * RATE;
  const file = Buffer.alloc(44 + samples * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + samples * 2, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // channels
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(samples * 2, 40);
  for (let n = 0; n < samples; n++) {
    const t = n / RATE;
    file.writeInt16LE(Math.round(signals[Math.floor(t / PART)](t % PART) * 0.6 * 32_767), 44 + n * 2);
  }
  return file;
}

const folder = process.argv[2] ?? 'public/audio';
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'fog-signals.wav'), wav([bell, diaphone, horn]));
