import { onTestFinished } from 'vitest';
import type { Envelope, Parsed } from '../../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../../spec/generated/topics.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { newId } from '../../../supervisor/base/ids.ts';
import { Moderation, type ModerationConfig } from '../../../supervisor/base/moderation.ts';
import type { Done, NotDone, Place } from '../../../supervisor/gateway/api.ts';
import { LocalGateway } from '../../../supervisor/gateway/gateway.ts';
import { Intake } from '../../../supervisor/intake/intake.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import type { Brought, LocalRooms, Told } from '../../../supervisor/room/api.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { FakeRooms, quietTelemetry, roomView, STOPPED } from '../http/rig.ts';

export const SECRET: Buffer = Buffer.alloc(32, 7);

/** Rooms without processes: real intakes over the log, and what their bots are told. */
export class IntakeRooms extends FakeRooms implements LocalRooms {
  readonly told: (Told & { readonly roomId: string; readonly runId: string; readonly past?: true })[] = [];
  readonly people = new Map<string, string[]>();
  readonly #intakes = new Map<string, { readonly intake: Intake; readonly runId: string }>();
  readonly #log: Log;
  readonly #clock: FakeClock;
  readonly #house: Moderation;
  /** What is refused from now on. */
  refusing: 'busy' | undefined;

  constructor(log: Log, clock: FakeClock, house: Moderation) {
    super();
    this.#log = log;
    this.#clock = clock;
    this.#house = house;
  }

  /** A room begins, as of now; resolves when that is in the log. */
  async begin(roomId: string, change: Parameters<typeof roomView>[1] = {}): Promise<string> {
    const runId = this.run(roomId, change);
    await this.publish(roomId, 'supervisor.room.state.changed', { from: 'none', to: 'starting', cause: 'requested' });
    await this.publish(roomId, 'supervisor.bot.started', { pid: 1, warm: false });
    return runId;
  }

  /** The next run of a room; nothing is said about it. */
  run(roomId: string, change: Parameters<typeof roomView>[1] = {}): string {
    const runId = newId();
    const view = this.views.get(roomId) ?? roomView(roomId, { startedAt: this.#clock.now(), ...change });
    this.add({ ...view, runId });
    const { connector, assistantId } = view;
    const deps = { log: this.#log, clock: this.#clock, telemetry: quietTelemetry(), house: this.#house };
    const local = connector === 'local' || undefined;
    const origin = { roomId, runId, attempt: 1, assistantId: assistantId ?? undefined, local };
    const intake = new Intake(deps, origin, { onEnvelope() {}, onPressure() {}, onCommitted() {} });
    this.#intakes.set(roomId, { intake, runId });
    return runId;
  }

  publish<T extends TopicId>(roomId: string, topic: T, payload: TopicPayloads[T]): Promise<number> {
    return this.#of(roomId).intake.publish(topic, payload);
  }

  /** A line of the bot's; resolves when it is in the log, or refused. */
  async says<T extends TopicId>(roomId: string, topic: T, payload: TopicPayloads[T], id = newId()): Promise<string> {
    const envelope = { id, ts: this.#clock.now(), topic, specVersion, runtime: 'bot', payload };
    this.#of(roomId).intake.line(JSON.stringify(envelope));
    await this.#of(roomId).intake.settled();
    return id;
  }

  async end(roomId: string): Promise<void> {
    this.add({ ...roomView(roomId), ...this.views.get(roomId), state: 'stopped', stop: STOPPED });
    await this.publish(roomId, 'supervisor.room.state.changed', { from: 'live', to: 'stopped', cause: 'requested' });
  }

  override async bring(roomId: string, parsed: Parsed, by: string, following?: readonly Parsed[]): Promise<Brought> {
    const view = this.views.get(roomId);
    if (view === undefined) return { kind: 'unknown' };
    if (view.stop !== null) return { kind: 'ended' };
    if (this.refusing !== undefined) return { kind: this.refusing };
    const { intake, runId } = this.#of(roomId);
    const offset = await intake.bring(parsed, by, following);
    return offset === undefined ? { kind: 'repeated' } : { kind: 'brought', offset, runId };
  }

  tell(roomId: string, runId: string, told: Told, past?: true): void {
    this.told.push({ roomId, runId, ...told, ...(past && { past }) });
  }

  present(roomId: string, participantIds: Iterable<string>): void {
    this.people.set(roomId, [...participantIds]);
  }

  #of(roomId: string) {
    const found = this.#intakes.get(roomId);
    if (found === undefined) throw new Error(`no room ${roomId}`);
    return found;
  }
}

/** A gateway over a log in memory, or over that of an earlier one, with time in the test's hand. */
export function openGateway(
  rules: Partial<ModerationConfig> = {},
  earlier?: { readonly log: Log; readonly rooms: IntakeRooms; readonly clock: FakeClock },
) {
  const clock = earlier?.clock ?? new FakeClock();
  const telemetry = quietTelemetry();
  const log = earlier?.log ?? createMemoryLog({ clock, telemetry });
  const moderation = new Moderation({ block: [], redact: [], ...rules });
  const rooms = earlier?.rooms ?? new IntakeRooms(log, clock, moderation);
  const gateway = new LocalGateway({ rooms, log, clock, telemetry, moderation, secret: SECRET });
  gateway.start();
  onTestFinished(async () => {
    await gateway.stop();
    await log.close();
  });
  const events = async (roomId = 'lobby'): Promise<Envelope[]> => {
    const { records } = await log.read({ after: 0, limit: 10_000, roomId });
    return records.map(({ json }) => JSON.parse(json) as Envelope);
  };
  return {
    clock,
    log,
    rooms,
    gateway,
    telemetry,
    events,
    /** Payloads of a topic, in the order of the log. */
    async of<T extends TopicId>(topic: T, roomId = 'lobby'): Promise<TopicPayloads[T][]> {
      return (await events(roomId))
        .filter((event) => event.topic === topic)
        .map(({ payload }) => payload as TopicPayloads[T]);
    },
    async enter(name: string, seat?: string, roomId = 'lobby'): Promise<Place> {
      const entered = await gateway.enter(roomId, { name, seat });
      if (entered.kind !== 'place') throw new Error(`expected a place, got ${JSON.stringify(entered)}`);
      return entered;
    },
    /** Resolves when the log has so many events of the topic. */
    async until(topic: TopicId, count: number, roomId = 'lobby'): Promise<void> {
      for (;;) {
        const { last } = log;
        if ((await events(roomId)).filter((event) => event.topic === topic).length >= count) return;
        await log.changed(last, new AbortController().signal);
      }
    },
  };
}

/** Whoever reads the log waits until the gate is open; resolves when somebody does. */
export function holdReading(log: Log, gate: Promise<unknown>): Promise<void> {
  const { read } = log;
  const { promise, resolve } = Promise.withResolvers<void>();
  log.read = async (query) => {
    resolve();
    await gate;
    return await read.call(log, query);
  };
  return promise;
}

/** The id of what was said, if it was. */
export function idOf(done: Done): string {
  if (done.kind !== 'done' || done.messageId === undefined) throw new Error(`not said: ${JSON.stringify(done)}`);
  return done.messageId;
}

export function reasonOf(outcome: Done | NotDone | Place): string {
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind;
}
