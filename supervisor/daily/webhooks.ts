import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { within } from '../base/within.ts';
import type { Rooms } from '../room/api.ts';
import type { DailyWebhooks, DeliveryHead, Received, Refused } from './api.ts';
import { Deliveries } from './deliveries.ts';
import { Follower } from './follower.ts';
import { isTest, MAX_TEST, readHappening } from './happening.ts';
import { type Keep, Kept } from './kept.ts';
import { createRules, type DailyRule } from './rules.ts';
import { unsigned, verify } from './signature.ts';

/** How long a full disk may hold up the end. */
const SETTLE_MS = 1_000;

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
  /**
   * Takes no more; resolves when nothing is under way and all is on disk, or soon after when a full one takes nothing, or
   * when the signal aborts. Idempotent.
   */
  stop(hurry?: AbortSignal): Promise<void>;
}

/**
 * Webhooks of Daily. A meeting in a room for which there is a rule starts that room; its end stops it, unless somebody
 * else had started it. What was taken is lost with the process: whoever joins next starts the room then.
 */
export async function openWebhooks(config: WebhooksConfig, deps: WebhooksDeps): Promise<OpenedWebhooks> {
  const { clock, telemetry } = deps;
  const kept = new Kept(deps.keep, (reason) => telemetry.meetingsNotKept(reason));
  const follower = new Follower({ ...deps, kept, requestOf: createRules(config.rules) }, await kept.load());
  follower.begin();
  const deliveries = new Deliveries();

  let isStopping = false;

  return {
    refuses(head, bytes) {
      const refused = refusal(head, bytes);
      if (refused !== undefined) telemetry.webhookReceived(refused.kind, refused.detail);
      return refused;
    },
    receive(delivery) {
      const received = take(delivery);
      telemetry.webhookReceived(received.kind, 'detail' in received ? received.detail : undefined);
      return received;
    },
    async stop(hurry) {
      isStopping = true;
      await within(clock, SETTLE_MS, follower.stop(), hurry);
      await within(clock, SETTLE_MS, kept.settled(), hurry);
    },
  };

  function refusal(head: DeliveryHead, bytes: number | undefined): Refused | undefined {
    // It may be the test; anything longer that can't be signed is of no use.
    if (bytes !== undefined && bytes <= MAX_TEST) return undefined;
    const { secret } = config;
    return secret.ok ? unsigned(head) : { kind: 'off', detail: secret.problem };
  }

  function take(delivery: Parameters<DailyWebhooks['receive']>[0]): Received {
    // It comes before anybody can know the secret, and changes nothing.
    if (isTest(delivery.body)) return { kind: 'test' };
    const { secret } = config;
    if (!secret.ok) return { kind: 'off', detail: secret.problem };
    const verdict = verify(delivery, secret.secret, clock.now());
    if (!verdict.ok) return { kind: verdict.kind, detail: verdict.detail };
    const read = readHappening(delivery.body, clock.now() / 1_000);
    if (!read.ok) return { kind: 'malformed', detail: read.detail };
    // Daily delivers it again, which is to be new then.
    if (isStopping) return { kind: 'stopping', detail: 'roomd is stopping: deliver it again' };
    if (!deliveries.isNew(read.id, clock.monotonic())) return { kind: 'repeated' };
    if (read.happening !== undefined) follower.take(read.happening);
    return { kind: 'taken' };
  }
}
