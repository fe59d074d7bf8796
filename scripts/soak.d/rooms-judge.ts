import type { Caller, Line, Seen } from '../bench.d/caller.ts';

interface Page {
  readonly events: readonly Line[];
  readonly next: string;
}

const FINAL = ['stopped', 'failed', 'quarantined'];

/** Holds the log against what was asked for. */
export class RoomsJudge {
  readonly violations: string[] = [];
  events = 0;
  runs = 0;
  /** Room → why each of its lives had to end, in order. */
  readonly #expected = new Map<string, string[]>();
  readonly #ends = new Map<string, string[]>();
  readonly #begun = new Map<string, number>();
  readonly #lastSeq = new Map<string, number>();
  readonly #exits = new Map<string, number>();

  expect(holds: boolean, violation: string): void {
    if (!holds) this.violations.push(violation);
  }

  /** A life of the room that has begun, and why it has to end. */
  expectEnd(roomId: string, reason: string): void {
    this.#expected.set(roomId, [...(this.#expected.get(roomId) ?? []), reason]);
  }

  /** Reads the whole log. */
  async conclude(caller: Caller): Promise<void> {
    for (let from = 'start'; ; ) {
      const page = await caller.json<Page>(`/v1/events?from=${from}&limit=1000`);
      for (const { envelope } of page.events) if (envelope !== undefined) this.#read(envelope);
      if (page.next === from || page.events.length === 0) break;
      from = page.next;
    }
    this.runs = this.#lastSeq.size;
    for (const runId of this.#lastSeq.keys()) {
      const exits = this.#exits.get(runId) ?? 0;
      this.expect(exits === 1, `run ${runId}: expected one supervisor.bot.exited, got ${exits}`);
    }
    for (const [roomId, reasons] of this.#expected) {
      const ends = this.#ends.get(roomId) ?? [];
      const same = ends.length === reasons.length && ends.every((end, i) => end === reasons[i]);
      this.expect(same, `${roomId}: expected the ends ${reasons.join(', ')}; the log has ${ends.join(', ') || 'none'}`);
      const begun = this.#begun.get(roomId);
      this.expect(begun === reasons.length, `${roomId}: spawned ${reasons.length} times; the log has ${begun}`);
    }
  }

  #read({ roomId, topic, payload, meta: { runId, seq } }: Seen): void {
    this.events++;
    const expected = (this.#lastSeq.get(runId) ?? 0) + 1;
    this.expect(seq === expected, `${roomId}, run ${runId}: expected seq ${expected}, got ${seq} (${topic})`);
    this.#lastSeq.set(runId, seq);
    if (topic === 'supervisor.bot.exited') this.#exits.set(runId, (this.#exits.get(runId) ?? 0) + 1);
    if (topic !== 'supervisor.room.state.changed') return;
    if (payload.from === 'none') this.#begun.set(roomId, (this.#begun.get(roomId) ?? 0) + 1);
    if (!FINAL.includes(String(payload.to))) return;
    this.#ends.set(roomId, [...(this.#ends.get(roomId) ?? []), String(payload.cause)]);
  }
}
