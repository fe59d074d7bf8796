import { join } from 'node:path';
import type { Fact } from '../../spec/recording.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import { FactsError, type Moment, type Played, readFacts } from './facts.ts';
import { Past, publishPresent } from './past.ts';
import { type Connector, ConnectorError, type RoomParts } from './port.ts';
import { isLasting, readText } from './read-text.ts';
import { Timeline } from './room-clock.ts';

export interface RecordingOptions {
  /** Absolute. */
  readonly folder: string;
  /** The recording is `FOLDER/RECORDING.jsonl`. */
  readonly recording: string;
  /** Room time runs so many times as fast as the wall clock. */
  readonly speed: number;
  /** Which run of the room's bot is played; absent: the last. */
  readonly attempt: number | undefined;
}

/**
 * Plays what was observed in a recorded room as if it were happening; the room is over with the recording. What the bot
 * does follows from the recording, its policy and its options alone, whatever the speed.
 */
export class RecordingRoom implements Connector {
  readonly clock: Timeline;
  readonly replay: Clock;
  readonly ended: Promise<string>;
  readonly past: Past = new Past();
  readonly #options: RecordingOptions;
  readonly #parts: RoomParts;
  readonly #over = Promise.withResolvers<string>();
  #played: Played | undefined;
  #isOver = false;
  #left = false;
  #sent = 0;

  constructor(options: RecordingOptions, parts: RoomParts) {
    this.#options = options;
    this.#parts = parts;
    this.ended = this.#over.promise;
    this.clock = new Timeline(parts.clock, options.speed, parts.onError);
    this.replay = clockOf(this.clock);
  }

  get isChat(): boolean {
    return this.#played?.isChat === true;
  }

  get calledAs(): string | undefined {
    return this.#played?.calledAs;
  }

  async join(signal: AbortSignal): Promise<void> {
    const played = await this.#load(signal);
    // The wish to leave may have come while the file was read.
    if (signal.aborted || this.#left) throw new ConnectorError('leaving', false);
    this.#played = played;
    for (const { topic, payload, ago } of played.before) this.past.tell(topic, payload, ago);
    this.#play(played.moments, 0);
    this.clock.start();
  }

  /** Numbered, so that a replay's messages are the same each time. */
  send(_text: string): Promise<{ messageId: string }> {
    if (this.#left) return Promise.reject(new ConnectorError('not in the room', false));
    this.#sent += 1;
    return Promise.resolve({ messageId: `replay-${this.#sent}` });
  }

  leave(): Promise<void> {
    if (this.#left) return Promise.resolve();
    this.#left = true;
    this.clock.stop();
    // Who leaves early leaves the others behind.
    if (this.#isOver) {
      for (const { topic, payload } of this.#played?.closing ?? []) this.#parts.bus.publish(topic, payload);
    }
    return Promise.resolve();
  }

  async #load(signal: AbortSignal): Promise<Played> {
    const file = `${this.#options.recording}.jsonl`;
    try {
      return readFacts(await readText(join(this.#options.folder, file), signal), this.#options.attempt);
    } catch (error) {
      if (error instanceof FactsError) throw new ConnectorError(`${file}: ${error.message}`, false);
      const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
      throw new ConnectorError(`${file}: expected a readable recording, got ${code}`, !isLasting(code));
    }
  }

  #publish(fact: Fact): void {
    if (isPresent(fact)) publishPresent({ bus: this.#parts.bus, past: this.past }, fact.payload);
    else this.#parts.bus.publish(fact.topic, fact.payload);
  }

  #play(moments: readonly Moment[], index: number): void {
    const moment = moments[index];
    if (moment === undefined) {
      this.#isOver = true;
      this.clock.stop();
      this.#over.resolve('recording_over');
      return;
    }
    this.clock.at(moment.time, () => {
      for (const fact of moment.facts) this.#publish(fact);
      this.#play(moments, index + 1);
    });
  }
}

/** Room time as a clock. */
function clockOf(timeline: Timeline): Clock {
  return {
    now: () => Math.floor(timeline.now()),
    monotonic: () => timeline.now(),
    after: (ms, callback) => timeline.at(timeline.now() + ms, callback),
  };
}

/** Of somebody who was there before the bot. */
function isPresent(fact: Fact): fact is Fact<'room.participant.joined'> {
  return fact.topic === 'room.participant.joined' && 'past' in fact.payload;
}
