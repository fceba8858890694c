import { readFileSync } from 'node:fs';

declare const ROOT: string;

export const specFile = (name: string): string => `${ROOT}/spec/${name}`;

// The cases of a vector file.
export function vectors<Case>(name: string): Case[] {
  const { cases } = JSON.parse(readFileSync(specFile(`vectors/${name}`), 'utf8')) as { cases: Case[] };
  if (cases.length === 0) throw new Error(`${name} has no cases`);
  return cases;
}
