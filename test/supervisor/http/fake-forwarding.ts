import { nameMatcher } from '../../../spec/runtime/match.ts';
import type {
  DeadLetterFilter,
  DeadLetterPage,
  Forwarding,
  ForwardStatus,
  RedriveProgress,
  RedriveSelection,
  WholeDeadLetter,
} from '../../../supervisor/forward/api.ts';

const AT = 1_700_000_000_000;
const TARGET = 'eventbridge/eu-central-1/main';

/** The dead letter of the event at an offset. */
export function deadLetter(offset: number, change: Partial<WholeDeadLetter> = {}): WholeDeadLetter {
  const { roomId = 'standup', topic = 'room.transcript.received' } = change;
  const eventId = `event-${offset}`;
  const json = `{"id":"${eventId}","ts":${AT - 2},"topic":"${topic}","roomId":"${roomId}","payload":{"text":"my secret"}}`;
  return {
    id: `${String(offset).padStart(15, '0')}-eventbridge-eu-central-1-main`,
    eventId,
    topic,
    roomId,
    reason: 'MalformedDetail',
    at: AT,
    target: TARGET,
    offset,
    ts: AT - 2,
    receivedAt: AT - 1,
    json,
    ...change,
  };
}

export function redriveProgress(selected: number, change: Partial<RedriveProgress> = {}): RedriveProgress {
  const { delivered = 0, refused = 0 } = change;
  const remaining = selected - delivered - refused;
  return { state: 'running', startedAt: AT, endedAt: null, selected, delivered, refused, remaining, ...change };
}

export const FLOWING: ForwardStatus = {
  target: TARGET,
  state: 'flowing',
  problem: null,
  accounting: {
    accepted: 12_345,
    pending: 12,
    delivered: 12_287,
    deadLettered: 3,
    expired: 0,
    local: 40,
    sampledOut: 2,
    pii: 1,
    specMismatch: 0,
  },
  backlog: { events: 12, oldestMs: 1_500 },
  cursor: 'k3j2.12333',
  last: 'k3j2.12345',
  lastDeliveredAt: AT - 2_000,
  redrive: null,
};

/** Forwarding that has the dead letters it is given, and sends them again when the test says so. */
export class FakeForwarding implements Forwarding {
  readonly letters: WholeDeadLetter[] = [];
  readonly selections: RedriveSelection[] = [];
  /** Dead letters that one call of `list` looks at. */
  examines = Number.POSITIVE_INFINITY;
  now: ForwardStatus = FLOWING;
  /** What polls see in turn before `current`; the first of them is the answer to the start. */
  readonly steps: RedriveProgress[] = [];
  current: RedriveProgress | undefined;

  status(): ForwardStatus {
    return { ...this.now, redrive: this.current ?? null };
  }

  readonly deadLetters = {
    list: async (after: string, limit: number, filter: DeadLetterFilter = {}): Promise<DeadLetterPage> => {
      const examined = this.letters.filter(({ id }) => id > after).slice(0, this.examines);
      const all = examined.filter(meets(filter));
      const deadLetters = all.slice(0, limit).map(({ id, eventId, topic, roomId, reason, at }) => {
        return { id, eventId, topic, roomId, reason, at };
      });
      const next = all.length > limit ? deadLetters.at(-1)?.id : examined.at(-1)?.id;
      return { deadLetters, next: next ?? after };
    },
    get: async (id: string) => this.letters.find((letter) => letter.id === id),
  };

  readonly redrive = {
    start: async (selection: RedriveSelection) => {
      if (this.current?.state === 'running') return undefined;
      this.selections.push(selection);
      const selected = this.letters.filter(meets(selection)).filter(({ id }) => selection.ids?.includes(id) ?? true);
      this.current = redriveProgress(selected.length);
      this.#advance();
      return this.current;
    },
    progress: () => {
      this.#advance();
      return this.current;
    },
    cancel: () => {
      if (this.current?.state === 'running') this.current = { ...this.current, state: 'cancelled', endedAt: AT + 1 };
      return this.current;
    },
  };

  #advance(): void {
    this.current = this.steps.shift() ?? this.current;
  }
}

function meets({ roomId, topic, reason, sees }: DeadLetterFilter) {
  const matches = topic === undefined ? () => true : nameMatcher(topic);
  return (letter: WholeDeadLetter) =>
    (roomId === undefined || letter.roomId === roomId) &&
    matches(letter.topic) &&
    letter.reason.startsWith(reason ?? '') &&
    (sees?.(letter.roomId) ?? true);
}
