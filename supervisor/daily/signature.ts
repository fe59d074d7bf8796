import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Delivery, DeliveryHead, Refused } from './api.ts';

/** A delivery is as old as this at most, and no younger than now by more. */
export const WINDOW_MS = 300_000;
/** Below this a number of today can only mean seconds. */
const LEAST_MS = 1e11;

export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly kind: 'forged' | 'stale'; readonly detail: string };

const UNSIGNED = 'expected X-Webhook-Signature and X-Webhook-Timestamp, got a delivery without';

/** Why what has such headers isn't signed, whatever comes with them. */
export function unsigned({ signature, timestamp }: DeliveryHead): Refused | undefined {
  return signature === undefined || timestamp === undefined ? { kind: 'forged', detail: UNSIGNED } : undefined;
}

/**
 * Whether a delivery is Daily's, and of now: the signature is the HMAC-SHA256 of timestamp, point and body in base64.
 * `now`: milliseconds since 1970. The timestamp may be in seconds or in milliseconds.
 */
export function verify({ body, signature, timestamp }: Delivery, secret: Buffer, now: number): Verdict {
  if (signature === undefined || timestamp === undefined) {
    return forged(UNSIGNED);
  }
  const expected = createHmac('sha256', secret).update(timestamp).update('.').update(body).digest();
  const given = Buffer.from(signature, 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return forged('the signature is not that of the configured secret: compare it with the `hmac` of the webhook');
  }
  // Believed only now: whoever has no secret learns nothing of our clock.
  if (!/^\d{1,16}$/.test(timestamp))
    return forged('expected X-Webhook-Timestamp in milliseconds or seconds since 1970');
  const number = Number(timestamp);
  const off = now - (number < LEAST_MS ? number * 1_000 : number);
  if (Math.abs(off) <= WINDOW_MS) return { ok: true };
  const seconds = Math.round(Math.abs(off) / 1_000);
  const detail = `expected a delivery of the last ${WINDOW_MS / 1_000} s, got one of ${seconds} s ${off > 0 ? 'ago' : 'ahead'}`;
  return { ok: false, kind: 'stale', detail: `${detail}: if it is no replay, set the clock of this machine` };
}

function forged(detail: string): Verdict {
  return { ok: false, kind: 'forged', detail };
}
