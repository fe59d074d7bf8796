import { z } from 'zod';
import { period } from '../spec/quantity.ts';
import { address, variable } from './config-parts.ts';

/** Whose id it is doesn't decide who is asked. */
const WITH_ID = /^https?:\/\/[^/?#\\{]+[/?][^#]*\{id\}/;

const settings = z.strictObject({
  graphql: z
    .strictObject({
      url: address,
      tokenEnv: variable.optional(),
      /** With the variable `$id`; its answer's `assistant` is the record. */
      query: z.string().min(1).max(10_000).default('query ($id: ID!) { assistant(id: $id) { id name policy } }'),
    })
    .optional(),
  rest: z
    .strictObject({
      /** With `{id}` where the assistant's id goes. */
      url: z
        .string()
        .refine(
          (text) => WITH_ID.test(text) && URL.canParse(text),
          'expected an address with {id} in its path or query, such as https://api.example/assistants/{id}',
        ),
      tokenEnv: variable.optional(),
    })
    .optional(),
  /** Both may take so long together. */
  timeout: period.default(3_000),
  /** A record is asked for again after so long … */
  refresh: period.default(60_000),
  /** … and when nobody answers, the last one serves up to this age. */
  maxAge: period.default(3_600_000),
});

/** Where assistants are asked for: GraphQL first, REST when that doesn't answer. */
export const assistants: typeof settings = settings.refine(({ refresh, maxAge }) => refresh <= maxAge, {
  message: 'expected at most maxAge: beyond it a record is of no use',
  path: ['refresh'],
});
