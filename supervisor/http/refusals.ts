import { STATUS_CODES } from 'node:http';
import { z } from 'zod';

const problem = z.object({
  type: z.string().describe('urn:roomd:problem:KIND'),
  title: z.string(),
  status: z.number(),
  detail: z.string().describe('What was expected, what was got, what to do'),
  errors: z
    .array(z.object({ at: z.string(), detail: z.string() }))
    .optional()
    .describe('One entry a fault of the request'),
});

const content = { 'application/problem+json': { schema: problem } };

/** How a route documents the statuses it refuses with; 400, 401, 403 and 500 are added to all. */
export function refusals<const S extends number>(...statuses: S[]) {
  const all = [400, 401, 403, ...statuses, 500] as const;
  type Refusals = Record<S | 400 | 401 | 403 | 500, { description: string; content: typeof content }>;
  return Object.fromEntries(
    all.map((status) => [status, { description: STATUS_CODES[status] ?? 'Refused', content }]),
  ) as Refusals;
}
