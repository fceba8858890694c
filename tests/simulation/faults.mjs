// How often each point was met and each fault struck.
export class Faults {
  points = new Map();
  struckBy = new Map();

  met(point) {
    this.points.set(point, (this.points.get(point) ?? 0) + 1);
  }

  struck(fault) {
    this.struckBy.set(fault, (this.struckBy.get(fault) ?? 0) + 1);
  }

  add({ points, struckBy }) {
    for (const [point, count] of points) this.points.set(point, (this.points.get(point) ?? 0) + count);
    for (const [fault, count] of struckBy) this.struckBy.set(fault, (this.struckBy.get(fault) ?? 0) + count);
  }
}

// Where a context may die.
export const POINTS = [
  ...['database.open', 'database.request', 'database.answer', 'database.commit', 'database.complete'],
  ...[
    'fetch.call',
    'fetch.answer',
    'fetch.body',
    'lock.request',
    'lock.granted',
    'timer',
    'user',
    'token',
    'emit',
    'room',
  ],
];

// What a write to the disk may find no room for.
export const STATES = ['queued', 'sending', 'done', 'held', 'conflict', 'rejected', 'expired', 'discarded'];

// What a run that is long enough has to have met.
export const expected = (networkFaults) => [
  ...POINTS.flatMap((point) => [`worker killed at ${point}`, `page killed at ${point}`]),
  ...STATES.map((state) => `no room for ${state}`),
  ...['cut', ...networkFaults].map((fault) => `network: ${fault}`),
  ...[
    'server killed',
    'server: trouble',
    'server: keys forgotten',
    'server: tokens too old',
    'another user',
    'another session than the pages know',
  ],
  ...['database connection lost', 'database asked to close', 'clock set on', 'clock set back', 'clock set on by days'],
  ...[
    'conflict settled: mine',
    'conflict settled: theirs',
    'held entry sent again: unknown',
    'held entry dropped: unknown',
  ],
];
