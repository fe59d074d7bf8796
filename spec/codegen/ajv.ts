import { Ajv2020 } from 'ajv/dist/2020.js';

/** One configuration for checking and for generating, so that both judge alike. */
export function newAjv(): Ajv2020 {
  return new Ajv2020({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    // The faults of the variant that was meant, not of the first one.
    discriminator: true,
    messages: true,
    code: { source: true, esm: true, lines: false, optimize: 2 },
  });
}
