/** What the headers of a request to `POST /webhooks/daily` say. */
export interface DeliveryHead {
  /** Of `X-Webhook-Signature` and `X-Webhook-Timestamp`. */
  readonly signature: string | undefined;
  readonly timestamp: string | undefined;
}

/** A request to `POST /webhooks/daily`, as it came. */
export interface Delivery extends DeliveryHead {
  /** The bytes as they were signed. */
  readonly body: Buffer;
}

/** `detail` is for whoever has to mend it; it holds nothing of the body. */
export interface Refused {
  /** `off`: webhooks aren't configured; `stopping`: it is to come again, to the next start. */
  readonly kind: 'forged' | 'stale' | 'malformed' | 'off' | 'stopping';
  readonly detail: string;
}

export type Received = { readonly kind: 'taken' | 'repeated' | 'test' } | Refused;

export interface DailyWebhooks {
  /** Why it is refused, whatever its body is: that need not be read then. `bytes`: how long it is; undefined: not said. */
  refuses(head: DeliveryHead, bytes: number | undefined): Refused | undefined;
  /** Answers at once; what follows from it happens behind. */
  receive(delivery: Delivery): Received;
}
