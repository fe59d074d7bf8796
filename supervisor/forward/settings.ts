/** How a forwarder works; times in milliseconds, sizes in bytes. */
export interface ForwardSettings {
  /** `Source` of every entry: 1 to 256 characters, not beginning with `aws.`. */
  readonly source: string;
  readonly bus: string;
  readonly batch: {
    /** 1 to 10. */
    readonly entries: number;
    /** The oldest entry waits at most so long for company. */
    readonly waitMs: number;
    /** Limit of a request, hence of an entry. */
    readonly bytes: number;
  };
  /** Sent at most, those that are sent again included; Infinity: no limit. */
  readonly entriesPerSecond: number;
  /** How often to see whether the target is still there. */
  readonly checkMs: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Entries read and not settled. */
  readonly window: number;
  /** Those of one room: what it has beyond waits on disk, so that others get through. */
  readonly windowPerRoom: number;
  readonly retry: { readonly baseMs: number; readonly capMs: number };
  /** The cursor is saved at most so often while it moves. */
  readonly saveMs: number;
  /** After so long without any success an outage is announced. */
  readonly deferAfterMs: number;
  /** Dead letters may take so much; the oldest go when they are more. */
  readonly deadLetterBytes: number;
  /** What cannot be delivered within this age is dead-lettered. */
  readonly maxAgeMs: number;
  /** Events of bots that speak another version of the spec stay here. */
  readonly refuseOnSpecMismatch: boolean;
}

const DEFAULTS: Omit<ForwardSettings, 'source' | 'bus'> = {
  batch: { entries: 10, waitMs: 1_000, bytes: 1_000_000 },
  entriesPerSecond: Number.POSITIVE_INFINITY,
  checkMs: 60_000,
  concurrency: 8,
  window: 4_000,
  windowPerRoom: 100,
  retry: { baseMs: 200, capMs: 30_000 },
  saveMs: 250,
  deferAfterMs: 5_000,
  deadLetterBytes: 64 * 2 ** 20,
  maxAgeMs: 86_400_000,
  refuseOnSpecMismatch: false,
};

export type ForwardConfig = Pick<ForwardSettings, 'source' | 'bus'> & Partial<ForwardSettings>;

/** Fills in the defaults. Throws a RangeError for what PutEvents would refuse with every request. */
export function forwardSettings(config: ForwardConfig): ForwardSettings {
  const settings = { ...DEFAULTS, ...config };
  const { source, batch } = settings;
  if (source.length < 1 || source.length > 256 || source.startsWith('aws.')) {
    throw new RangeError(`expected a source of 1 to 256 characters that does not begin with aws., got "${source}"`);
  }
  if (!Number.isInteger(batch.entries) || batch.entries < 1 || batch.entries > 10) {
    throw new RangeError(`expected 1 to 10 entries a batch, got ${batch.entries}`);
  }
  return settings;
}
