// EventBridge in a process of its own, as fast as it can be: counts entries and ids of one topic, and how late they are.
import { answerEach, idOf, startEventBridge } from '../soak.d/stand-in.ts';

/** From the benchmark: count anew, until so many ids of the topic have come. */
export interface Expect {
  readonly topic: string;
  readonly ids: number;
}

/** To the benchmark: all of them have come, and when by the machine's monotonic clock, in milliseconds. */
export interface Came {
  readonly at: number;
  readonly entries: number;
  readonly requests: number;
  /** From the moment that an entry's turnId says, to its arrival; milliseconds. */
  readonly latencies: readonly number[];
}

let expected: Expect = { topic: '', ids: 0 };
const ids = new Set<string>();
let entries = 0;
let requests = 0;
let latencies: number[] = [];

process.on('message', (message: Expect) => {
  expected = message;
  ids.clear();
  entries = 0;
  requests = 0;
  latencies = [];
  process.send?.('ready');
});

const { endpoint } = await startEventBridge((batch, response) => {
  const at = Number(process.hrtime.bigint()) / 1e6;
  answerEach(
    response,
    batch.map(() => undefined),
  );
  const before = ids.size;
  requests++;
  for (const entry of batch) {
    if (entry.DetailType !== expected.topic) continue;
    entries++;
    ids.add(idOf(entry));
    const published = /"turnId":"(\d+)"/.exec(entry.Detail)?.[1];
    if (published !== undefined) latencies.push(at - Number(published) / 1e3);
  }
  if (before < expected.ids && ids.size >= expected.ids) {
    process.send?.({ at, entries, requests, latencies } satisfies Came);
  }
});
process.send?.(endpoint);
process.on('disconnect', () => process.exit());
