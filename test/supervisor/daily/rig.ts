import { createHmac } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Delivery } from '../../../supervisor/daily/api.ts';
import { createDailyRest, type DailyRestDeps } from '../../../supervisor/daily/rest.ts';
import { type DailyRestOptions, startDailyRest } from '../../daily/rest-server.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

export const SECRET: Buffer = Buffer.from('the secret that webhooks are signed with');

/** A stand-in for Daily's REST that goes with the test. */
export async function restServer(options?: DailyRestOptions) {
  const server = await startDailyRest(options);
  onTestFinished(() => server.close());
  return server;
}

/** The same, and a client of it that stands on a clock of the test. */
export async function restRig(options: DailyRestOptions & { wrongKey?: string; deps?: Partial<DailyRestDeps> } = {}) {
  const { wrongKey, deps, ...rest } = options;
  const server = await restServer(rest);
  const clock = new FakeClock();
  const told: string[] = [];
  let open = 0;
  const telemetry = {
    dailyAnswered(call: string, result: string) {
      open--;
      told.push(`${call} ${result}`);
    },
    dailyFailed: (call: string, reason: string) => void told.push(`${call} again: ${reason}`),
  };
  const client = createDailyRest(
    { url: server.url, key: wrongKey ?? server.key, keyEnv: 'DAILY_API_KEY' },
    {
      clock,
      random: () => 0.5,
      telemetry,
      fetch(...asked) {
        open++;
        return fetch(...asked);
      },
      ...deps,
    },
  );
  /** Resolves when nothing that was asked is without an answer. */
  const answered = async () => {
    do await setImmediate();
    while (open > 0);
    await setImmediate();
  };
  /** Lets time pass until the call is over, but not while it waits for an answer. */
  const finish = async <T>(call: Promise<T>, step = 50): Promise<T> => {
    let over = false;
    const done = () => {
      over = true;
    };
    call.then(done, done);
    while (!over) {
      await answered();
      await clock.pass(step);
    }
    return call;
  };
  return { server, clock, client, told, answered, finish };
}

/** A body as Daily would sign and send it. `at`: milliseconds since 1970. */
export function signed(body: unknown, at: number, { secret = SECRET, inSeconds = false } = {}): Delivery {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const timestamp = String(inSeconds ? Math.floor(at / 1_000) : at);
  const signature = createHmac('sha256', secret).update(`${timestamp}.`).update(bytes).digest('base64');
  return { body: bytes, signature, timestamp };
}

let count = 0;

/** An event of Daily's. Times in seconds. */
export function event(type: string, room: string, at: number, more: Record<string, unknown> = {}) {
  const names: Record<string, string> = {
    'meeting.started': 'start_ts',
    'meeting.ended': 'end_ts',
    'participant.joined': 'joined_at',
  };
  const time = names[type];
  count++;
  return {
    version: '1.1.0',
    type,
    id: `event-${count}`,
    payload: { room, ...(time !== undefined && { [time]: at }), ...more },
    event_ts: at + 1,
  };
}
