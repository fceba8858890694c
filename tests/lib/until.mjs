// Waiting for something to become true, with words for when it does not.
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The first truthy value of `probe`. A probe that throws is asked again; the last reason is told.
export async function until(what, probe, { timeout = 10_000, every = 50 } = {}) {
  const end = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`not within ${timeout} ms: ${what} (last seen: ${seen})`);
    }
    await sleep(every);
  }
}

// That `probe` stays true for `ms`: for saying that something does not happen.
export async function staysTrue(what, probe, ms, every = 100) {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    if (!(await probe())) throw new Error(`no longer true: ${what}`);
    await sleep(every);
  }
}
