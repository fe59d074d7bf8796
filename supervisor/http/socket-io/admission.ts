import type { ExtendedError, Socket } from 'socket.io';
import { TokenBucket } from '../../../spec/token-bucket.ts';
import type { Gateway } from '../../gateway/api.ts';
import type { Authorize } from '../auth.ts';
import type { Caller } from '../caller.ts';
import { Problem, problemBody } from '../problem.ts';
import type { Rate } from '../rate.ts';
import type { Reading } from '../reading.ts';
import { isWish, readWish } from './acts.ts';
import type { Connection } from './discard.ts';
import { Guest } from './guest.ts';
import { eventPacket } from './packets.ts';
import { readHandshake, readRequest } from './requests.ts';
import type { Strangers } from './strangers.ts';
import { Subscriber, type SubscriberDeps } from './subscriber.ts';

const HOW = 'auth: {token} in the handshake, or the header Authorization: Bearer TOKEN';

/** Whatever a client sends, so many frames in so many milliseconds; each may call for an answer. */
const FRAMES = { limit: 100, per: 10_000 };

export interface AdmissionDeps extends SubscriberDeps {
  readonly authorize: Authorize;
  readonly rate: Rate;
  /** Absent: there are no local rooms. */
  readonly gateway?: Gateway | undefined;
  readonly strangers: Strangers;
}

interface Admitted {
  readonly subscriber: Subscriber;
  readonly guest: Guest;
  readonly caller: Caller;
  readonly reading: Reading;
}

/** Who may connect, and what is answered to what they ask. A connection asks to connect once. */
export function createAdmission(deps: AdmissionDeps) {
  const { authorize, rate, streams, telemetry, clock, gateway, strangers } = deps;
  const known = new WeakSet<Connection>();
  const admitted = new WeakMap<Connection, Admitted>();

  return { watch, decide, begin };

  /** From its first frame on. Refusals are answered too: who floods and doesn't read would pile them up. */
  function watch(conn: Connection): void {
    const frames = new TokenBucket(FRAMES.limit, FRAMES.per, clock.monotonic());
    conn.on('packet', () => {
      if (frames.take(clock.monotonic())) return;
      const subscriber = admitted.get(conn)?.subscriber;
      if (subscriber === undefined) conn.close(true);
      else subscriber.cut('flooding');
    });
  }

  function decide(socket: Socket, next: (error?: ExtendedError) => void): void {
    const { conn } = socket;
    if (known.has(conn)) {
      conn.close();
      return;
    }
    known.add(conn);
    admit(socket).then(
      () => next(),
      (error: unknown) => {
        const problem = problemOf(error);
        next(Object.assign(new Error(problem.message), { data: problemBody(problem) }));
        // Once the refusal is on its way: another try takes another connection.
        setImmediate(() => conn.close());
      },
    );
  }

  async function admit(socket: Socket): Promise<void> {
    const { auth, headers } = socket.handshake;
    const { token, ...wanted } = readHandshake(auth);
    const authorization = token === undefined ? headers.authorization : `Bearer ${token}`;
    const caller = authorize({ headers: { authorization } }, 'listen', HOW);
    streams.admit(caller, socket.conn);
    const stream = streams.enter();
    strangers.delete(socket.conn);
    socket.conn.once('close', () => stream.leave());
    const subscriber = new Subscriber(socket, caller, stream, wanted, deps);
    const reading = await Subscriber.open(wanted, caller, deps).catch((error: unknown) => {
      subscriber.leave();
      throw error;
    });
    const guest = new Guest({
      gateway,
      caller,
      pace: () => rate.take(caller, socket.conn),
      say: (name, what) => tell(socket.conn, name, what),
    });
    admitted.set(socket.conn, { subscriber, guest, caller, reading });
  }

  function begin(socket: Socket): void {
    const entry = admitted.get(socket.conn);
    if (entry === undefined) return;
    const { subscriber, guest, reading } = entry;
    socket.on('disconnect', () => {
      guest.lost();
      subscriber.leave();
      socket.conn.close();
    });
    // Taken here, none is handed on: no client names an event that means something to the library.
    socket.use(([name, ...args]) => void answer(socket.conn, entry, name, args));
    subscriber.begin(reading);
  }

  async function answer(conn: Connection, { caller, subscriber, guest }: Admitted, name: string, args: unknown[]) {
    const last = args.at(-1);
    const reply = typeof last === 'function' ? (last as (answer: object) => void) : undefined;
    try {
      const value = reply === args[0] ? undefined : args[0];
      if (isWish(name)) {
        const answered = await guest.answer(readWish(name, value));
        if (reply !== undefined) reply(answered);
        else if ('problem' in answered) tell(conn, 'problem', answered.problem as object);
        return;
      }
      const request = readRequest(name, value);
      rate.take(caller, conn);
      await subscriber.ask(request);
      reply?.({ ok: true });
    } catch (error) {
      const problem = problemOf(error);
      if (problem.kind === 'too-many-requests') telemetry.streamRefused(problem.kind);
      const body = problemBody(problem);
      if (reply === undefined) tell(conn, 'problem', body);
      else reply({ ok: false, problem: body });
    }
  }

  function tell(conn: Connection, name: string, what: object): void {
    conn.write(eventPacket(name, JSON.stringify(what)), { compress: false });
  }

  function problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error;
    telemetry.internalError('socket.io', error);
    return new Problem('internal', "see roomd's log for what happened");
  }
}
