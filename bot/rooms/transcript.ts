import { join } from 'node:path';
import { Floor } from './floor.ts';
import { type Connector, ConnectorError, type RoomParts } from './port.ts';
import { isLasting, readText } from './read-text.ts';
import { Timeline } from './room-clock.ts';
import { type Instant, instants, parseSegments, RecordingError } from './segments.ts';

export interface TranscriptOptions {
  /** Absolute. */
  readonly folder: string;
  /** The recording is `FOLDER/MEETING.jsonl`. */
  readonly meeting: string;
  /** Room time runs so many times as fast as the wall clock. */
  readonly speed: number;
}

/** Plays a recorded meeting as if it were taking place; the room is over with the recording. */
export class TranscriptRoom implements Connector {
  readonly clock: Timeline;
  readonly ended: Promise<string>;
  readonly #options: TranscriptOptions;
  readonly #parts: RoomParts;
  readonly #floor = new Floor();
  readonly #over = Promise.withResolvers<string>();
  #participants: string[] = [];
  #isOver = false;
  #left = false;

  constructor(options: TranscriptOptions, parts: RoomParts) {
    this.#options = options;
    this.#parts = parts;
    this.ended = this.#over.promise;
    this.clock = new Timeline(parts.clock, options.speed, parts.onError);
  }

  async join(signal: AbortSignal): Promise<void> {
    const moments = await this.#load(signal);
    // The wish to leave may have come while the file was read.
    if (signal.aborted || this.#left) throw new ConnectorError('leaving', false);
    this.#participants = [...new Set(moments.flatMap(({ starts }) => starts.map((segment) => segment.participantId)))];
    this.clock.at(0, () => {
      for (const participantId of this.#participants) {
        this.#parts.bus.publish('room.participant.joined', { participantId, isBot: false });
      }
    });
    this.#play(moments, 0);
    this.clock.start();
  }

  send(_text: string): Promise<{ messageId: string }> {
    if (this.#left) return Promise.reject(new ConnectorError('not in the room', false));
    return Promise.resolve({ messageId: this.#parts.newId() });
  }

  leave(): Promise<void> {
    if (this.#left) return Promise.resolve();
    this.#left = true;
    this.clock.stop();
    // Who leaves early leaves the others behind.
    if (this.#isOver) {
      for (const participantId of this.#participants) {
        this.#parts.bus.publish('room.participant.left', { participantId, isBot: false });
      }
    }
    return Promise.resolve();
  }

  async #load(signal: AbortSignal): Promise<Instant[]> {
    const file = `${this.#options.meeting}.jsonl`;
    try {
      return instants(parseSegments(await readText(join(this.#options.folder, file), signal)));
    } catch (error) {
      if (error instanceof RecordingError) throw new ConnectorError(`${file}: ${error.message}`, false);
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
      throw new ConnectorError(`${file}: expected a readable recording, got ${code}`, !isLasting(code));
    }
  }

  #play(moments: readonly Instant[], index: number): void {
    const moment = moments[index];
    if (moment === undefined) {
      this.#isOver = true;
      this.clock.stop();
      this.#over.resolve('meeting_over');
      return;
    }
    this.clock.at(moment.time, () => {
      this.#happen(moment);
      this.#play(moments, index + 1);
    });
  }

  #happen({ time, starts, ends }: Instant): void {
    const before = this.#floor.speaking;
    // First who begins: a segment that follows on another one's end is the same speech going on.
    for (const { participantId } of starts) this.#floor.begin(participantId);
    for (const { participantId } of ends) this.#floor.end(participantId);
    const { speaking, holder } = this.#floor;
    if (speaking.length !== before.length || speaking.some((participantId, i) => participantId !== before[i])) {
      this.#parts.bus.publish('room.speaker.changed', { participantId: holder, at: time, speaking });
    }
    for (const { participantId, text, start, end } of ends) {
      this.#parts.bus.publish('room.transcript.received', { participantId, text, at: start, endAt: end, final: true });
    }
  }
}
