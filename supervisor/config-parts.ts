import { z } from 'zod';

/** What several settings are made of. */

export const MIB = 2 ** 20;

export const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'expected a name of letters, digits, _ and -');

export const address = z.url({ protocol: /^https?$/, error: 'expected an address such as https://api.example' });

/** A name is shown to whoever reads errors and logs: a key in its place must not be. */
const KEY = /^(?=.*\d)[A-Za-z0-9]{24,}$/;

/** Secrets are in variables: the file names them, and never holds them. */
export const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
  .refine((name) => !KEY.test(name), 'expected the name of an environment variable, got what looks like a key itself')
  .refine((name) => !name.startsWith('ROOMD_'), 'expected a name without ROOMD_ at its beginning: those are settings');
