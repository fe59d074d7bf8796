// All subscribers of a round, in a process of their own: what they take is not the server's. Told what to open by its
// parent, it says when all streams have begun, when the warm-up is over, and what came.
import { KINDS, type Kind, subscribe } from './live-subscriber.ts';

export interface Order {
  readonly url: string;
  readonly kind: Kind | 'mixed';
  /** What each kind of stream begins with. */
  readonly begin: string;
  readonly token?: string;
  readonly count: number;
  /** Events that are published, and how many of them are the warm-up. */
  readonly events: number;
  readonly warmUp: number;
}

export interface Report {
  /** Milliseconds from publication to arrival. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly lost: number;
  readonly doubled: number;
  /** CPU of this process since the warm-up, in cores. */
  readonly cores: number;
}

export type Said = { readonly word: 'open' | 'warm' } | { readonly word: 'done'; readonly report: Report };

/** Latencies are counted by hundredths of a millisecond, up to ten seconds. */
const STEP_US = 10;
const counts = new Uint32Array(1_000_000);
const say = (said: Said) => process.send?.(said);

process.once('message', async ({ url, kind, begin, token, count, events, warmUp }: Order) => {
  const last = new Uint32Array(count);
  let [lost, doubled, done] = [0, 0, 0];
  let cpu = process.cpuUsage();
  let since = performance.now();
  for (let i = 0; i < count; i++) {
    const one = kind === 'mixed' ? (KINDS[i % KINDS.length] ?? 'SSE') : kind;
    await subscribe(url, { kind: one, begin, ...(token !== undefined && { token }) }, (number, at, now) => {
      const before = last[i] ?? 0;
      if (number <= before) {
        doubled += 1;
        return;
      }
      lost += number - before - 1;
      last[i] = number;
      if (number > warmUp) {
        const step = Math.min(counts.length - 1, Math.floor((now - at) / STEP_US));
        counts[step] = (counts[step] ?? 0) + 1;
      } else if (i === 0 && number === warmUp) {
        cpu = process.cpuUsage();
        since = performance.now();
        say({ word: 'warm' });
      }
      if (number === events && ++done === count) report();
    });
  }
  say({ word: 'open' });

  function report(): void {
    const { user, system } = process.cpuUsage(cpu);
    const cores = (user + system) / 1_000 / (performance.now() - since);
    say({ word: 'done', report: { p50: at(0.5), p99: at(0.99), most: at(1), lost, doubled, cores } });
  }
});

/** The latency, in ms, that the share `p` of all events kept to. */
function at(p: number): number {
  let left = Math.ceil(p * counts.reduce((sum, each) => sum + each, 0));
  const step = counts.findIndex((each) => {
    left -= each;
    return left <= 0;
  });
  return (step * STEP_US) / 1_000;
}
