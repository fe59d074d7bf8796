import { z } from 'zod';
import { period } from '../spec/quantity.ts';
import { addressProblem, isAddress } from './base/addresses.ts';
import { variable } from './config-parts.ts';

const remoteLayer = z
  .strictObject({
    url: z.string(),
    /** The name of the environment variable that holds the bearer token: the file never does. */
    tokenEnv: variable.optional(),
  })
  .check(({ value: { url, tokenEnv }, issues }) => {
    const message = addressProblem(url, { hasToken: tokenEnv !== undefined });
    if (message !== undefined) issues.push({ code: 'custom', message, path: ['url'], input: undefined });
  });

/** A file, a folder, or an address that wants no token. */
const plainLayer = z
  .string()
  .min(1)
  .check(({ value, issues }) => {
    const message = isAddress(value) ? addressProblem(value, { hasToken: false }) : undefined;
    if (message !== undefined) issues.push({ code: 'custom', message, input: undefined });
  });

/** Where layers come from, and how often they are looked at. */
export const policy = z.strictObject({
  /** Files, folders and addresses of layers, weakest claim first. */
  layers: z.array(z.union([plainLayer, remoteLayer])).default([]),
  /** How often files are looked at for changes. */
  reload: period.default(2_000),
  remote: z
    .strictObject({
      /** How often to ask whether something has changed. */
      refresh: period.default(30_000),
      /** An answer may take so long, its last byte included. */
      timeout: period.default(5_000),
      /** So long the last good version serves when no answer comes; then rooms are refused. */
      maxAge: period.default(3_600_000),
    })
    .prefault({}),
});
