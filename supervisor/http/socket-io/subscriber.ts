import type { Socket } from 'socket.io';
import type { Clock } from '../../../spec/runtime/clock.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { Log } from '../../log/port.ts';
import { formatPosition } from '../../log/position.ts';
import type { Caller } from '../caller.ts';
import { feed } from '../feed.ts';
import type { CutReason } from '../live-format.ts';
import { openReading, openRecent, type Reading } from '../reading.ts';
import type { SharedWords } from '../shared-words.ts';
import type { OpenStream, Streams } from '../streams.ts';
import { taken } from '../taken.ts';
import { discard } from './discard.ts';
import { packets, polled } from './packets.ts';
import type { Request, Subscription } from './requests.ts';

/** So many events are there at once for who says nothing else. */
const RECENT = 50;
/** How long a reader that was cut may take to read why. */
const LINGER_MS = 10_000;

export interface SubscriberDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly streams: Streams;
}

/**
 * One connection and what it reads. Of what it reads, at most one write is on its way; what it asks is answered in turn.
 * After each hello positions only grow, without a hole that isn't told, until the next hello.
 */
export class Subscriber {
  readonly #deps: SubscriberDeps;
  readonly #socket: Socket;
  readonly #caller: Caller;
  readonly #stream: OpenStream;
  readonly #words: SharedWords;
  #wanted: Subscription;
  /** Everything up to here was written, or isn't for this reader. */
  #position = 0;
  #reading = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();
  #over = false;

  constructor(socket: Socket, caller: Caller, stream: OpenStream, wanted: Subscription, deps: SubscriberDeps) {
    this.#socket = socket;
    this.#caller = caller;
    this.#stream = stream;
    this.#words = deps.streams.wordsOf(packets);
    this.#wanted = wanted;
    this.#deps = deps;
    stream.signal.addEventListener('abort', () => this.cut('stopping'), { once: true });
  }

  /** Where a reader with these wishes begins. Throws a Problem when it can't. */
  static open(wanted: Subscription, caller: Caller, { log, clock }: SubscriberDeps): Promise<Reading> {
    const { from } = wanted;
    const request = { ...wanted, caller };
    if (from === undefined) return openRecent(log, request, RECENT);
    return openReading(log, { ...request, from }, clock.now());
  }

  /** To be called once, when the connection is made. */
  begin(reading: Reading): void {
    if (this.#stream.signal.aborted) this.cut('stopping');
    else this.#run(reading);
  }

  /** Resolves when the request is in force. Rejects with a Problem, and everything stays as it was. */
  ask(request: Request): Promise<void> {
    const answer = this.#turn.then(() => this.#answer(request));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #answer(request: Request): Promise<void> {
    const { log, clock } = this.#deps;
    const caller = this.#caller;
    if (request.name === 'replay') {
      const reading = await openRecent(log, { ...this.#wanted, caller }, request.count);
      await this.#stop();
      this.#run(reading);
      return;
    }
    const { from, ...selection } = request.wanted;
    const hereNow = formatPosition(log.epoch, this.#position);
    // Looked at before anything stops: a refusal changes nothing.
    const reading = await openReading(log, { ...selection, caller, from: from ?? hereNow }, clock.now());
    await this.#stop();
    this.#wanted = selection;
    this.#run(from === undefined ? { ...reading, after: Math.max(reading.after, this.#position) } : reading);
  }

  /**
   * Once what is on its way is taken: so there is never more than that. What was read and not written yet is read again
   * by whatever goes on from the position.
   */
  async #stop(): Promise<void> {
    this.#reading.abort();
    await this.#running;
  }

  #run(reading: Reading): void {
    const { log, telemetry, streams } = this.#deps;
    if (this.#over || this.#stream.signal.aborted) return;
    this.#reading = new AbortController();
    this.#position = reading.after;
    const { signal } = this.#reading;
    const write = (parts: readonly string[], through: number) => this.#write(parts, through, signal);
    this.#running = feed(log, reading, { words: this.#words, rest: streams.rest, write }, signal).catch(
      (error: unknown) => {
        if (this.#over) return;
        telemetry.internalError('live stream', error);
        this.cut('failed');
      },
    );
  }

  async #write(parts: readonly string[], through: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#over) return;
    this.#position = through;
    if (parts.length === 0) return;
    const { conn } = this.#socket;
    // All of it in one: the frames that the library's own adapter would make, or an answer to who polls. What waits for
    // a poll may be taken over by a WebSocket.
    const text = conn.transport.name === 'websocket' ? '' : polled(parts);
    const options = { compress: false, wsPreEncodedFrame: [this.#words.bytes(parts)] };
    const took = await taken(this.#deps.clock, this.#stream.signal, (done) => {
      conn.write(text, options, done);
    });
    if (!took) this.cut('slow');
  }

  /** The connection is gone, or has to go: the place is free. Idempotent. */
  leave(): void {
    this.#over = true;
    this.#reading.abort();
    this.#stream.leave();
  }

  /** Says why, and ends the connection. Idempotent. */
  cut(reason: CutReason): void {
    if (this.#over) return;
    const { clock, telemetry, streams, log } = this.#deps;
    const { conn } = this.#socket;
    this.#over = true;
    if (reason !== 'stopping') telemetry.subscriberCut(this.#caller.name, reason, log.last - this.#position);
    conn.write(packets.cut(streams.cutAt(reason, this.#position)), { compress: false });
    this.leave();
    // Told at the level of Socket.IO it wouldn't connect again by itself.
    if (reason === 'flooding') this.#socket.disconnect(true);
    else conn.close();
    const linger = clock.after(LINGER_MS, () => discard(conn));
    if (conn.readyState === 'closed') linger.cancel();
    else conn.once('close', () => linger.cancel());
  }
}
