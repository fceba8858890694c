// What a publisher knows: what it sent, and which positions were acknowledged for it. Held against a log that is read back, it says what
// was lost, doubled, invented or moved.
const short = (data) => (data?.length > 40 ? `${data.slice(0, 40)}…` : data);

export class Ledger {
  #sent = new Set(); // `channel data`
  #acknowledged = new Map(); // channel -> Map(seq -> data)
  #epochs = new Map(); // channel -> epoch
  problems = []; // found while publishing

  // Before it is sent. Data is unique in its channel.
  send(channel, data) {
    this.#sent.add(`${channel} ${data}`);
  }

  acknowledge(channel, position, data) {
    const [epoch, text] = position.split(':');
    const seq = Number(text);
    const known = this.#epochs.get(channel) ?? epoch;
    if (known !== epoch) this.problems.push(`${channel}: the epoch moved from ${known} to ${epoch}`);
    this.#epochs.set(channel, known);
    if (!this.#acknowledged.has(channel)) this.#acknowledged.set(channel, new Map());
    const seqs = this.#acknowledged.get(channel);
    const other = seqs.get(seq);
    if (other !== undefined && other !== data)
      this.problems.push(`${channel}: ${position} was given to ${short(other)} and to ${short(data)}`);
    seqs.set(seq, data);
  }

  get channels() {
    return [...this.#acknowledged.keys()];
  }

  get acknowledged() {
    return [...this.#acknowledged.values()].reduce((sum, seqs) => sum + seqs.size, 0);
  }

  // log: {epoch, first, head, events: [{seq, data}]}, or undefined if there is none.
  check(channel, log) {
    const seqs = this.#acknowledged.get(channel) ?? new Map();
    if (!log) return seqs.size === 0 ? [] : [`${channel}: the log is gone, with ${seqs.size} acknowledged events`];
    const problems = [];
    const epoch = this.#epochs.get(channel);
    if (epoch && epoch !== log.epoch) problems.push(`${channel}: the epoch was ${epoch} and is ${log.epoch}`);
    problems.push(...this.#checkSequence(channel, log));
    const stored = new Map(log.events.map((event) => [event.seq, event.data]));
    for (const [seq, data] of seqs) {
      if (seq < log.first) continue; // dropped by retention
      if (!stored.has(seq)) problems.push(`${channel}: ${seq} (${short(data)}) was acknowledged and is lost`);
      else if (stored.get(seq) !== data)
        problems.push(`${channel}: ${seq} was ${short(data)} and is ${short(stored.get(seq))}`);
    }
    return problems;
  }

  #checkSequence(channel, log) {
    const problems = [];
    let expected = log.first;
    const seen = new Set();
    for (const { seq, data } of log.events) {
      if (seq !== expected) problems.push(`${channel}: ${expected} was expected and ${seq} came`);
      expected = seq + 1;
      if (seen.has(data)) problems.push(`${channel}: ${short(data)} is there twice`);
      seen.add(data);
      if (!this.#sent.has(`${channel} ${data}`))
        problems.push(`${channel}: ${seq} holds what nobody sent: ${short(data)}`);
    }
    if (expected !== log.head + 1)
      problems.push(`${channel}: the head is ${log.head}, the events end at ${expected - 1}`);
    return problems;
  }
}
