import type { Command } from '../spec/command.ts';
import type { RoomAccess, RoomEvent, RoomRefused } from '../spec/generated/command.ts';
import type { PolicySnapshot } from '../spec/policy.ts';
import { Acting, type ActingParts } from './acting.ts';
import { joinRoom } from './join.ts';
import { OptionsError } from './options.ts';
import { KeptPolicy } from './policy/kept-policy.ts';
import { SnapshotError } from './policy/snapshot.ts';
import { type Connector, ConnectorError, connectorError } from './rooms/port.ts';
import { stayIn } from './staying.ts';
import { type Stop, Stopping } from './stopping.ts';

export interface SessionParts extends ActingParts {
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  /** Throws a SnapshotError. */
  readonly loadPolicy: () => PolicySnapshot;
  /** Throws an OptionsError. */
  readonly createRoom: () => Connector;
}

/** So much that has happened in the room may wait for the bot to be in. */
const MAX_EARLY = 1_000;

/** 0 done, 75 try again, 78 never again. */
export type ExitCode = 0 | 75 | 78;

/**
 * One bot in one room, once: it loads its policy, joins, acts, and leaves; a room that it loses it joins again. It ends
 * by itself with the room, or when told to stop, which is legal at any moment; the first cause wins.
 */
export class Session {
  readonly #parts: SessionParts;
  readonly #stopping: Stopping;
  readonly #start: number;
  #policy: KeptPolicy | undefined;
  #acting: Acting | undefined;
  #room: Connector | undefined;
  /** What was told before it is in: that may come in one piece with the room's name. */
  readonly #early: RoomEvent[] = [];
  /** How to get in, told before there is a room to get into. */
  #access: RoomAccess | RoomRefused | undefined;
  #inRoom = false;
  /** Why it leaves, when its policy can't be trusted any more. */
  #distrust: SnapshotError | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#stopping = new Stopping(parts.clock);
    this.#start = parts.clock.monotonic();
  }

  /** Monotonic milliseconds by which the process should be gone; set as soon as it is stopping. */
  get deadline(): number | undefined {
    return this.#stopping.stop?.deadline;
  }

  /** Leave the room and end within `deadlineMs`. Only the first call counts. */
  stop(reason: string, deadlineMs?: number): void {
    this.#stopping.begin(reason, deadlineMs);
  }

  command(command: Exclude<Command, { type: 'ack' | 'assign' }>): void {
    switch (command.type) {
      case 'shutdown':
        this.stop(command.reason, command.deadlineMs);
        break;
      case 'policy.warn':
        this.#parts.say(`warned: ${command.rule}, because of ${command.causeId}`);
        this.#acting?.warned();
        break;
      case 'policy.restrict':
        this.#parts.say(`restricted: ${command.rule}, because of ${command.causeId}`);
        this.#acting?.warned();
        this.#renew();
        break;
      case 'policy.update':
        this.#renew();
        break;
      case 'room.event':
        if (this.#inRoom) this.#room?.happened?.(command);
        else if (this.#early.length < MAX_EARLY) this.#early.push(command);
        break;
      case 'room.access':
      case 'room.refused':
        if (this.#room === undefined) this.#access = command;
        else this.#room.access?.(command);
        break;
      case 'app_message':
        if (this.#acting === undefined || !this.#inRoom) this.#parts.say('app_message ignored: not in the room');
        else this.#acting.message(command.text);
    }
  }

  /** Resolves with the process's exit code when everything has been published. Rejects only for a bug. */
  async run(): Promise<ExitCode> {
    try {
      const policy = new KeptPolicy({ bus: this.#parts.bus, load: this.#parts.loadPolicy });
      this.#policy = policy;
      // The first line leaves now, before everything else is made.
      await undefined;
      const room = this.#parts.createRoom();
      this.#room = room;
      if (this.#access !== undefined) room.access?.(this.#access);
      const acting = new Acting(this.#parts, policy.current, room);
      this.#acting = acting;
      if (await joinRoom(room, this.#parts, this.#stopping.signal)) await this.#act(policy, room, acting);
      await this.#leave(room);
      return 0;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** There is another snapshot. Before the first was read there is nothing to do: that reading finds it. */
  #renew(): void {
    try {
      this.#policy?.renew((snapshot, kept) => (this.#acting ? this.#acting.renew(snapshot, kept) : kept()));
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      this.#acting?.silence();
      if (this.#stopping.stop === undefined) this.#distrust = error;
      else this.#parts.say(error.message);
      this.stop(error.message);
    }
  }

  async #act(policy: KeptPolicy, room: Connector, acting: Acting): Promise<void> {
    const { environment, bus } = this.#parts;
    const { policyVersion } = policy.current;
    const name = room.calledAs ?? environment.assistantName;
    bus.publish('assistant.session.started', {
      connector: environment.connector,
      ...(name && { name }),
      policyVersion,
    });
    try {
      await stayIn(room, this.#parts, this.#stopping, (inRoom) => this.#present(room, acting, inRoom));
    } finally {
      acting.silence();
    }
    acting.finish();
  }

  #present(room: Connector, acting: Acting, inRoom: boolean): void {
    this.#inRoom = inRoom;
    acting.present(inRoom);
    if (!inRoom) return;
    for (const told of this.#early.splice(0)) room.happened?.(told);
  }

  async #leave(room: Connector): Promise<void> {
    const { bus, clock, say } = this.#parts;
    const stop: Stop = await this.#stopping.begun;
    // Half of the time at most: the other half is for the output.
    const late = Promise.withResolvers<void>();
    const timer = clock.after((stop.deadline - clock.monotonic()) / 2, () => late.resolve());
    try {
      await Promise.race([room.leave(), late.promise]);
    } catch (error) {
      say(`leaving the room: ${connectorError(error).message}`);
    }
    timer.cancel();
    this.#policy?.end();
    if (this.#distrust !== undefined) throw this.#distrust;
    bus.publish('assistant.session.ended', { reason: stop.reason, durationMs: this.#elapsed() });
  }

  #failed(error: unknown): ExitCode {
    const known = error instanceof ConnectorError;
    const lasting = error instanceof OptionsError || error instanceof SnapshotError;
    if (!known && !lasting) throw error;
    const retryable = known && error.retryable;
    const reason = error.message.slice(0, 1_024);
    this.#policy?.end();
    this.#parts.say(reason);
    this.#parts.bus.publish('assistant.session.failed', { reason, retryable });
    return retryable ? 75 : 78;
  }

  #elapsed(): number {
    return Math.round(this.#parts.clock.monotonic() - this.#start);
  }
}
