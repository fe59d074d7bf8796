import { isDeepStrictEqual } from 'node:util';
import type { RoomRequest, RoomState, RoomView, SpawnResult, StopReason } from '../../../supervisor/room/api.ts';
import type { FakeClock } from '../../helpers/fake-clock.ts';
import { roomView } from '../http/rig.ts';

/** Rooms that start at once, and stop when the test says so: what a follower of meetings sees of the real ones. */
export class SimulatedRooms {
  readonly spawned: RoomRequest[] = [];
  readonly stopped: string[] = [];
  /** Answers to the next calls. */
  readonly answers: SpawnResult[] = [];
  /** Whether a room that is told to stop does so at once. */
  leavesAtOnce = true;
  /** How a room is that has just been started. */
  first: RoomState = 'live';
  readonly #clock: FakeClock;
  readonly #rooms = new Map<string, { request: RoomRequest; view: RoomView }>();

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async spawn(request: RoomRequest): Promise<SpawnResult> {
    const answer = this.answers.shift();
    if (answer !== undefined) return answer;
    const { roomId } = request;
    const there = this.#rooms.get(roomId);
    if (there?.view.state === 'stopping') return { kind: 'conflict', detail: 'stopping' };
    if (there?.view.state === 'live') {
      if (isDeepStrictEqual(there.request, request)) return { kind: 'existing', room: there.view };
      return { kind: 'conflict', detail: 'another request' };
    }
    this.spawned.push(request);
    const view = roomView(roomId, { state: this.first, connector: request.connector, startedAt: this.#clock.now() });
    this.#rooms.set(roomId, { request, view });
    return { kind: 'created', room: view };
  }

  async get(roomId: string): Promise<RoomView | undefined> {
    return this.#rooms.get(roomId)?.view;
  }

  async stop(roomId: string): Promise<RoomView | undefined> {
    this.stopped.push(roomId);
    this.#change(roomId, { state: 'stopping' });
    if (this.leavesAtOnce) this.end(roomId, 'requested');
    return this.get(roomId);
  }

  /** The room begins to end by itself. */
  leave(roomId: string): void {
    this.#change(roomId, { state: 'stopping' });
  }

  /** The room ends by itself, or has done what it was told. */
  end(roomId: string, reason: StopReason, code = 0): void {
    const state = code === 0 ? 'stopped' : 'failed';
    this.#change(roomId, { state, stop: { reason, code, signal: null, stderr: [] } });
  }

  isRunning(roomId: string): boolean {
    return this.#rooms.get(roomId)?.view.state === 'live';
  }

  #change(roomId: string, change: Partial<RoomView>): void {
    const room = this.#rooms.get(roomId);
    if (room !== undefined) room.view = { ...room.view, ...change };
  }
}
