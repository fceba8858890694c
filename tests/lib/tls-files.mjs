// Certificates for tests, made with the openssl program: an authority that clients are told to trust, and what it signed.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from './ending.mjs';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
const KEYS = {
  ecdsa: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
};

export class Authority {
  constructor() {
    this.folder = tempFolder('tls');
    this.file = path.join(this.folder, 'ca.pem');
    this.key = path.join(this.folder, 'ca.key');
    openssl('genpkey', ...KEYS.ecdsa, '-out', this.key);
    openssl('req', '-x509', '-new', '-key', this.key, '-subj', '/CN=Test authority', '-days', '2', '-out', this.file);
    this.pem = readFileSync(this.file, 'utf8');
  }

  // A certificate for localhost and 127.0.0.1: {cert, key}, two files.
  sign(name, { kind = 'ecdsa' } = {}) {
    const file = (suffix) => path.join(this.folder, `${name}.${suffix}`);
    openssl('genpkey', ...KEYS[kind], '-out', file('key'));
    openssl('req', '-new', '-key', file('key'), '-subj', `/CN=${name}`, '-out', file('csr'));
    writeFileSync(file('ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    const by = ['-CA', this.file, '-CAkey', this.key, '-CAcreateserial', '-extfile', file('ext'), '-days', '1'];
    openssl('x509', '-req', '-in', file('csr'), ...by, '-out', file('pem'));
    return { cert: file('pem'), key: file('key') };
  }
}

// Puts `pair` where `place` is, as certificate programs do: each file at once, one after the other.
export function install(pair, place) {
  for (const part of ['cert', 'key']) {
    copyFileSync(pair[part], `${place[part]}.new`);
    renameSync(`${place[part]}.new`, place[part]);
  }
}
