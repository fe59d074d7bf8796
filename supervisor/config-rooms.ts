import { z } from 'zod';
import { byteSize, duration, period } from '../spec/quantity.ts';
import { MIB } from './config-parts.ts';

/** A bot: what is started in a room. */
export const bot = z.strictObject({
  /** Program and arguments; absent only for `default`, which is roomd's own bot. */
  command: z.array(z.string().min(1)).min(1).optional(),
  /** Names of the supervisor's environment variables that this bot may see. */
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)).default([]),
  /** So many processes wait for a room, whatever the demand. */
  warm: z.int().min(0).default(0),
  /** And so many at most while rooms come in fast; absent: four times `warm`. */
  warmMax: z.int().min(0).optional(),
});

const restart = z.strictObject({
  attempts: z.int().min(0).default(5),
  window: period.default(600_000),
  backoff: z.strictObject({ base: duration.default(500), max: duration.default(30_000) }).prefault({}),
});

/** How rooms live. */
export const rooms = z.strictObject({
  max: z.int().min(1).default(200),
  resume: z.boolean().default(true),
  idleTimeout: period.default(300_000),
  maxDuration: period.default(14_400_000),
  heartbeatTimeout: period.default(45_000),
  shutdownGrace: duration.default(10_000),
  drain: duration.default(10_000),
  restart: restart.prefault({}),
  /** Of a bot and all it has started (proportional set size); above it, it is killed and started again. */
  memory: byteSize.refine((bytes) => bytes >= MIB, 'expected at least 1MiB').default(512 * MIB),
  admission: z
    .strictObject({
      /** Below so much memory that is free, no room is started. */
      freeMemory: byteSize.default(256 * MIB),
      /** Nor while a new bot would have to wait longer for its turn to start. */
      wait: duration.default(10_000),
    })
    .prefault({}),
});
