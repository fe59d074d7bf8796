import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Envelope } from '../../spec/envelope.ts';
import { registry } from '../../spec/generated/registry.ts';
import type { Accounting, ForwardStatus } from '../../supervisor/forward/api.ts';
import { digestOf, type KillBridge } from './kill-bridge.ts';
import { imbalance, type Supervisor } from './supervisor.ts';

interface Page {
  readonly events: readonly { readonly position: string; readonly envelope: Envelope }[];
  readonly next: string;
}

/** Holds what was seen of the log, what bots noted and what arrived against each other, id by id. */
export class KillJudge {
  readonly violations: string[] = [];
  readonly #bridge: KillBridge;
  /** Ids by the offset at which they were shown while the supervisors ran. */
  readonly #shown: string[] = [];
  #from = 'start';
  looks = 0;

  constructor(bridge: KillBridge) {
    this.#bridge = bridge;
  }

  get shown(): number {
    return this.#shown.length;
  }

  /** Reads on in the log, and looks at the books, until the supervisor is killed. */
  async follow(supervisor: Supervisor): Promise<void> {
    let gone = false;
    void supervisor.exited.then(() => {
      gone = true;
    });
    while (!gone) {
      try {
        const page = await supervisor.json<Page>(`/v1/events?from=${this.#from}&limit=1000`);
        this.#from = page.next;
        for (const { position, envelope } of page.events) this.#shown[offsetOf(position) - 1] = envelope.id;
        this.checkBooks(await supervisor.status());
      } catch (error) {
        // Killed in the midst of an answer; anything else would come again, and be seen at the end.
        await Promise.race([supervisor.exited, new Promise((resolve) => setTimeout(resolve, 20))]);
        if (!gone && error instanceof SyntaxError) this.violations.push(`an answer was no JSON: ${error.message}`);
      }
    }
  }

  checkBooks(status: ForwardStatus): void {
    this.looks++;
    const wrong = imbalance(status);
    if (wrong !== 0) this.violations.push(`accepted − sum of fates = ${wrong}: ${JSON.stringify(status.accounting)}`);
  }

  /** After everything has come to rest: the whole log against the notes and the arrivals. */
  async conclude(supervisor: Supervisor, journals: string): Promise<{ logged: number; noted: number; wanted: number }> {
    const times = new Map<string, number>();
    const lastSeq = new Map<string, number>();
    let offset = 0;
    let wanted = 0;
    for (let from = 'start'; ; ) {
      const page = await supervisor.json<Page>(`/v1/events?from=${from}&limit=1000`);
      for (const { position, envelope } of page.events) {
        this.#expect(offsetOf(position) === ++offset, `${position}: expected offset ${offset}`);
        this.#expectSame(offset, envelope.id);
        times.set(envelope.id, (times.get(envelope.id) ?? 0) + 1);
        const { runId = '', seq = 0 } = envelope.meta ?? {};
        const expected = (lastSeq.get(runId) ?? 0) + 1;
        this.#expect(seq === expected, `run ${runId}: expected seq ${expected}, got ${seq} (${envelope.topic})`);
        lastSeq.set(runId, seq);
        if (this.#expectArrived(envelope)) wanted++;
      }
      if (page.next === from || page.events.length === 0) break;
      from = page.next;
    }
    const noted = readdirSync(journals).flatMap((name) => notes(join(journals, name)));
    for (const id of noted) {
      this.#expect(times.has(id), `${id}: a bot published it, and the log hasn't got it`);
    }
    for (const [id, count] of times) this.#expect(count === 1, `${id}: ${count} times in the log`);
    for (const id of this.#bridge.changed) this.violations.push(`${id}: arrived again, and different`);
    for (const id of this.#bridge.arrived.keys()) {
      this.#expect(times.has(id), `${id}: arrived, and the log hasn't got it`);
    }
    return { logged: offset, noted: noted.length, wanted };
  }

  /** What the books say at the end against what is known to have become of everything. */
  concludeBooks(books: Accounting, logged: number, wanted: number): void {
    const expected = { accepted: logged, pending: 0, delivered: wanted, deadLettered: 0, expired: 0 };
    for (const [name, count] of Object.entries(expected)) {
      const got = books[name as keyof Accounting];
      this.#expect(got === count, `the books say ${name} ${got}, expected ${count}`);
    }
  }

  #expect(holds: boolean, violation: string): void {
    if (!holds) this.violations.push(violation);
  }

  #expectSame(offset: number, id: string): void {
    const shown = this.#shown[offset - 1];
    this.#expect(shown === undefined || shown === id, `offset ${offset}: ${shown} was shown there, now it is ${id}`);
  }

  /** True when it is an event that has to arrive. */
  #expectArrived(envelope: Envelope): boolean {
    const { forwarding, redact } = registry[envelope.topic];
    const arrival = this.#bridge.arrived.get(envelope.id);
    if (forwarding.mode === 'local') {
      this.#expect(arrival === undefined, `${envelope.id}: ${envelope.topic} arrived, and is local`);
      return false;
    }
    this.#expect(arrival !== undefined, `${envelope.id}: ${envelope.topic} never arrived`);
    // What isn't masked arrives as it stands in the log.
    const same = arrival === undefined || redact.length > 0 || arrival.digest === digestOf(JSON.stringify(envelope));
    this.#expect(same, `${envelope.id}: ${envelope.topic} arrived other than it is in the log`);
    return true;
  }
}

function offsetOf(position: string): number {
  return Number(position.split('.')[1]);
}

/** Whole lines: a bot can be killed while it notes. */
function notes(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}
