// Where in a channel's log something stands: `EPOCH:SEQ` on the wire. Epoch '0' is "never written".

export interface Position {
  epoch: string;
  seq: number;
}

export const START: Position = { epoch: '0', seq: 0 };

// undefined for anything but what the wire format allows, and for numbers that a double does not hold.
export function parsePosition(text: string | null | undefined): Position | undefined {
  const match = /^(?:0:0|(?!0{12})([0-9a-f]{12}):(0|[1-9]\d{0,15}))$/.exec(text ?? '');
  if (!match) return undefined;
  const position: Position = { epoch: match[1] ?? '0', seq: Number(match[2] ?? 0) };
  return Number.isSafeInteger(position.seq) ? position : undefined;
}

export const formatPosition = (position: Position): string => `${position.epoch}:${position.seq}`;

// How an event at `event` stands to a copy at `copy`.
export function relate(copy: Position, event: Position): 'old' | 'next' | 'gap' {
  if (event.seq === copy.seq + 1 && (event.epoch === copy.epoch || copy.epoch === '0')) return 'next';
  return event.epoch === copy.epoch && event.seq <= copy.seq ? 'old' : 'gap';
}
