import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Fault } from './kill-plan.ts';
import { answer, answerEach, type Entry, type EventBridge, idOf, startEventBridge } from './stand-in.ts';

/** What has arrived, by id. */
export interface Arrival {
  /** Of its Detail. */
  readonly digest: string;
  times: number;
}

const REFUSED: Partial<Record<Fault, number>> = { fail: 500, unavailable: 503 };

/** An EventBridge that misbehaves as told and remembers what it took, also where its answer got lost. */
export class KillBridge {
  readonly arrived = new Map<string, Arrival>();
  /** Ids that came again with another Detail. */
  readonly changed: string[] = [];
  readonly answered: Record<Fault, number> = {
    none: 0,
    throttle: 0,
    fail: 0,
    unavailable: 0,
    reset: 0,
    lost: 0,
    hang: 0,
  };
  /** One a request, over and over. */
  faults: readonly Fault[] = ['none'];
  #requests = 0;

  start(): Promise<EventBridge> {
    return startEventBridge((entries, response) => this.#putEvents(entries, response));
  }

  get duplicates(): number {
    return [...this.arrived.values()].reduce((sum, { times }) => sum + times - 1, 0);
  }

  #putEvents(entries: readonly Entry[], response: ServerResponse): void {
    const fault = this.faults[this.#requests++ % this.faults.length] ?? 'none';
    this.answered[fault]++;
    if (fault === 'hang') return;
    const refused = REFUSED[fault];
    if (fault === 'reset') response.socket?.resetAndDestroy();
    else if (refused !== undefined) answer(response, refused, { __type: 'InternalFailure' });
    else this.#takeAll(entries, fault, response);
  }

  #takeAll(entries: readonly Entry[], fault: Fault, response: ServerResponse): void {
    const codes = entries.map((_, index) => {
      if (fault !== 'throttle' || (index + this.#requests) % 3 === 0) return undefined;
      return index % 2 === 0 ? 'ThrottlingException' : 'InternalFailure';
    });
    for (const [index, entry] of entries.entries()) if (codes[index] === undefined) this.#take(entry);
    if (fault === 'lost') response.socket?.destroy();
    else answerEach(response, codes);
  }

  #take(entry: Entry): void {
    const digest = digestOf(entry.Detail);
    const id = idOf(entry);
    const known = this.arrived.get(id);
    if (known === undefined) {
      this.arrived.set(id, { digest, times: 1 });
    } else {
      known.times++;
      if (known.digest !== digest) this.changed.push(id);
    }
  }
}

export function digestOf(detail: string): string {
  return hash('sha1', detail, 'base64');
}
