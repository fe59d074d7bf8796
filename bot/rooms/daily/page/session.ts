import type { DailyCall } from '@daily-co/daily-js';
import type { PageOrder, Person } from '../protocol.ts';
import { eventOf, type Failure, failureOf, fieldsOf, peopleOf, personOf } from './read.ts';
import type { Reporter } from './report.ts';

export type JoinOrder = Extract<PageOrder, { do: 'join' }>;

const HEARD = [
  'joined-meeting',
  'participant-joined',
  'participant-updated',
  'participant-left',
  'active-speaker-change',
  'app-message',
  'transcription-message',
  'network-connection',
  'error',
  'nonfatal-error',
  'left-meeting',
] as const;

/** One stay in a call, with a client object of its own. */
export class Session {
  readonly #client: DailyCall;
  readonly #reporter: Reporter;
  /** As they were last told, by session. */
  readonly #people = new Map<string, Person>();
  #phase: 'joining' | 'in' | 'over' = 'joining';
  /** Who was never in has nothing to lose: what ends the attempt is the answer to the order, and no event. */
  #entered = false;
  #fatal: Failure | undefined;
  #abandon: (reason: Failure) => void = () => {};

  constructor(client: DailyCall, reporter: Reporter) {
    this.#client = client;
    this.#reporter = reporter;
    for (const action of HEARD) client.on(action, (event) => this.#hear(action, event));
  }

  get over(): boolean {
    return this.#phase === 'over';
  }

  /** Resolves when `joined-meeting` was told. Rejects with a Failure; the session is over then. */
  async join({ url, token, userName }: JoinOrder): Promise<void> {
    const abandoned = new Promise<never>((_, reject) => {
      this.#abandon = reject;
    });
    try {
      const wanted = { url, ...(token !== undefined && { token }), ...(userName !== undefined && { userName }) };
      await Promise.race([this.#client.join(wanted), abandoned]);
    } catch (error) {
      this.#phase = 'over';
      // The client says the type in its event, and not always in what it rejects with.
      throw this.#fatal ?? failureOf(error);
    }
  }

  send(data: unknown, to: string): void {
    this.#client.sendAppMessage(data, to);
  }

  /** Leaves where it is in, gives up where it is joining, and frees the client. */
  async close(): Promise<void> {
    await this.#client.destroy();
    this.#phase = 'over';
  }

  #hear(action: (typeof HEARD)[number], event: unknown): void {
    switch (action) {
      case 'joined-meeting':
        this.#joined(event);
        return;
      case 'participant-joined':
      case 'participant-updated':
      case 'participant-left':
        this.#person(action, event);
        return;
      case 'error':
        this.#phase = 'over';
        if (this.#entered) this.#tell(event);
        else this.#fatal ??= failureOf(event);
        return;
      case 'left-meeting':
        this.#phase = 'over';
        if (this.#entered) this.#tell(event);
        else this.#abandon({ type: null, message: 'left before the call was joined' });
        return;
      default:
        this.#tell(event);
    }
  }

  #joined(event: unknown): void {
    this.#phase = 'in';
    this.#entered = true;
    const people = peopleOf(fieldsOf(event).participants);
    for (const person of people) this.#people.set(person.sessionId, person);
    this.#reporter.joined(people);
  }

  /** Of the many updates, those of somebody's name; the others are of cameras, qualities and such. */
  #person(action: 'participant-joined' | 'participant-updated' | 'participant-left', event: unknown): void {
    const person = personOf(fieldsOf(event).participant);
    if (person === undefined || this.#phase !== 'in') return;
    const known = this.#people.get(person.sessionId);
    if (action === 'participant-updated' && known?.userName === person.userName && known.userId === person.userId)
      return;
    if (action === 'participant-left') this.#people.delete(person.sessionId);
    else this.#people.set(person.sessionId, person);
    this.#reporter.event({ action, person });
  }

  #tell(event: unknown): void {
    const told = eventOf(event);
    if (told !== undefined) this.#reporter.event(told);
  }
}
