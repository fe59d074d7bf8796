import { z } from 'zod';
import { byteSize, duration } from '../spec/quantity.ts';
import { address } from './config-parts.ts';

/** What leaves for where. */
export const forward = z
  .strictObject({
    target: z.enum(['dry-run', 'eventbridge']).default('dry-run'),
    bus: z.string().min(1).max(256).default('default'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, 'expected a region such as eu-central-1')
      .optional(),
    endpoint: address.optional(),
    source: z
      .string()
      .min(1)
      .max(256)
      .refine((source) => !source.startsWith('aws.'), 'expected a source that does not begin with aws.')
      .default('roomd'),
    batch: z
      .strictObject({
        entries: z.int().min(1).max(10).default(10),
        wait: duration.default(1_000),
        bytes: z.int().min(1_000).max(1_048_576).default(1_000_000),
      })
      .prefault({}),
    /** Sent at most, retries included: the quota is the account's, and others use it too. Absent: no limit. */
    entriesPerSecond: z.int().min(1).optional(),
    /** How often to see whether the bus is still there. */
    busCheck: duration.refine((ms) => ms >= 100, 'expected at least 100ms').default(60_000),
    /** Dead letters may take so much of the disk; beyond it the oldest of the room that has most go. */
    deadLetters: byteSize.default(64 * 2 ** 20),
    refuseOnSpecMismatch: z.boolean().default(false),
  })
  .refine(({ target, region }) => target === 'dry-run' || region !== undefined, {
    message: 'expected a region such as eu-central-1 for the target eventbridge',
    path: ['region'],
  });
