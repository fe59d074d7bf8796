import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Rooms } from '../room/api.ts';
import type { DailyWebhooks, Received } from './api.ts';
import { Deliveries } from './deliveries.ts';
import { Follower } from './follower.ts';
import { isTest, readHappening } from './happening.ts';
import { type Keep, Owned } from './owned.ts';
import { createRules, type DailyRule } from './rules.ts';
import { verify } from './signature.ts';

export interface WebhooksConfig {
  /** What deliveries are signed with, or why there is nothing. */
  readonly secret: { readonly ok: true; readonly secret: Buffer } | { readonly ok: false; readonly problem: string };
  readonly rules: readonly DailyRule[];
}

export interface WebhooksDeps {
  readonly rooms: Pick<Rooms, 'spawn' | 'get' | 'stop'>;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly telemetry: Telemetry;
  readonly keep: Keep;
}

export interface OpenedWebhooks extends DailyWebhooks {
  /** Takes no more; resolves when nothing is under way. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Webhooks of Daily. A meeting in a room for which there is a rule starts that room; its end stops it, unless somebody
 * else had started it. What was taken is lost with the process: whoever joins next starts the room then.
 */
export async function openWebhooks(config: WebhooksConfig, deps: WebhooksDeps): Promise<OpenedWebhooks> {
  const { clock, telemetry } = deps;
  const owned = await Owned.load(deps.keep, (reason) => telemetry.meetingsNotKept(reason));
  const follower = new Follower({ ...deps, owned, requestOf: createRules(config.rules) });
  const deliveries = new Deliveries();

  return {
    receive(delivery) {
      const received = take(delivery);
      telemetry.webhookReceived(received.kind, 'detail' in received ? received.detail : undefined);
      return received;
    },
    async stop() {
      await follower.stop();
      await owned.settled();
    },
  };

  function take(delivery: Parameters<DailyWebhooks['receive']>[0]): Received {
    // It comes before anybody can know the secret, and changes nothing.
    if (isTest(delivery.body)) return { kind: 'test' };
    const { secret } = config;
    if (!secret.ok) return { kind: 'off', detail: secret.problem };
    const verdict = verify(delivery, secret.secret, clock.now());
    if (!verdict.ok) return { kind: verdict.kind, detail: verdict.detail };
    const read = readHappening(delivery.body, clock.now() / 1_000);
    if (!read.ok) return { kind: 'malformed', detail: read.detail };
    if (!deliveries.isNew(read.id, clock.monotonic())) return { kind: 'repeated' };
    if (read.happening !== undefined) follower.take(read.happening);
    return { kind: 'taken' };
  }
}
