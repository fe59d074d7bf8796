import type { Envelope } from '../../../spec/envelope.ts';
import type { Bus } from '../../../spec/runtime/bus.ts';
import { Bins } from './bins.ts';
import type { ChartName, Series } from './protocol.ts';
import { Shares } from './shares.ts';

/** Lines of their own in a chart; the rest is one. */
const TOP = 8;
const MAX_NAMES = 1_000;
/** Running totals of violations that are remembered. */
const MAX_TOTALS = 1_000;

/** The numbers for the charts, kept by subscribers of the bus; how much they keep is bounded. */
export class Charts {
  readonly #shares = new Shares();
  readonly #topics = new Bins();
  readonly #violations = new Bins();
  readonly #names = new Map<string, string>();
  /** Run, rule and subject → the running total that its last violation told. */
  readonly #counted = new Map<string, number>();
  readonly #changed = new Set<ChartName>();

  constructor(bus: Bus) {
    bus.subscribe('**', (event) => this.#happened(event));
    bus.subscribe('room.dominance.score', (event) => {
      this.#shares.add(
        secondOf(event),
        new Map(event.payload.participants.map((one) => [one.participantId, one.share])),
      );
      this.#changed.add('speaking');
    });
    for (const topic of ['room.participant.joined', 'room.participant.updated'] as const) {
      bus.subscribe(topic, ({ payload: { participantId, name } }) => {
        if (name === undefined || this.#names.size >= MAX_NAMES) return;
        this.#names.set(participantId, name);
        this.#changed.add('speaking');
      });
    }
    bus.subscribe('conversation.policy.violation', (event) => {
      this.#violations.add(secondOf(event), event.payload.rule, this.#fresh(event));
      this.#changed.add('violations');
    });
    bus.subscribe('supervisor.policy.enforced', (event) => {
      this.#violations.add(secondOf(event), `→ ${event.payload.action}`);
      this.#changed.add('violations');
    });
  }

  /** What is watched has changed: all begins anew. */
  reset(): void {
    this.#shares.clear();
    this.#topics.clear();
    this.#violations.clear();
    this.#names.clear();
    this.#counted.clear();
    for (const name of ['speaking', 'topics', 'violations'] as const) this.#changed.add(name);
  }

  /** What has changed since it was taken last. */
  take(): { name: ChartName; series: Series }[] {
    const changed = [...this.#changed].map((name) => ({ name, series: this.#series(name) }));
    this.#changed.clear();
    return changed;
  }

  #series(name: ChartName): Series {
    if (name === 'speaking') return this.#shares.series((id) => this.#names.get(id) ?? id);
    return name === 'topics' ? this.#topics.rates(TOP) : this.#violations.totals(TOP);
  }

  #happened(event: Envelope): void {
    this.#topics.add(secondOf(event), event.topic.split('.', 2).join('.'));
    this.#changed.add('topics');
    // Time passes also while nothing is violated.
    this.#violations.reach(secondOf(event));
    if (this.#counted.size > 0) this.#changed.add('violations');
  }

  /** How many breaches a violation reports that were not reported before: its count is a running total. */
  #fresh({ meta, payload: { rule, subject, count } }: Envelope<'conversation.policy.violation'>): number {
    const key = JSON.stringify([meta?.runId, rule, subject]);
    const before = this.#counted.get(key) ?? 0;
    if (this.#counted.size >= MAX_TOTALS) this.#counted.clear();
    this.#counted.set(key, count);
    return count > before ? count - before : 1;
  }
}

/** Seconds since 1970 by the supervisor's clock: that of whoever publishes may say anything. */
function secondOf({ ts, meta }: Envelope): number {
  return (meta?.receivedAt ?? ts) / 1_000;
}
