/** A request to `POST /webhooks/daily`, as it came. */
export interface Delivery {
  /** The bytes as they were signed. */
  readonly body: Buffer;
  /** Of `X-Webhook-Signature` and `X-Webhook-Timestamp`. */
  readonly signature: string | undefined;
  readonly timestamp: string | undefined;
}

/** `detail` is for whoever has to mend it; it holds nothing of the body. */
export type Received =
  | { readonly kind: 'taken' | 'repeated' | 'test' }
  | { readonly kind: 'forged' | 'stale' | 'malformed'; readonly detail: string }
  /** Webhooks aren't configured. */
  | { readonly kind: 'off'; readonly detail: string };

export interface DailyWebhooks {
  /** Answers at once; what follows from it happens behind. */
  receive(delivery: Delivery): Received;
}
