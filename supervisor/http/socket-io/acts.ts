import { z } from 'zod';
import { ROOM_ID } from '../../../spec/room-id.ts';
import type { Act } from '../../gateway/api.ts';
import { Problem } from '../problem.ts';
import { readAs } from './requests.ts';

/** How long texts are in a room is the gateway's to say; a frame has its bound. */
const text = z.string();
const messageId = z.string().min(1).max(128);

const ACTS = {
  say: z.strictObject({ text, replyTo: messageId.optional() }),
  edit: z.strictObject({ messageId, text }),
  delete: z.strictObject({ messageId }),
  react: z.strictObject({ messageId, emoji: text }),
  unreact: z.strictObject({ messageId, emoji: text }),
  typing: z.strictObject({}),
  presence: z.strictObject({ presence: z.enum(['here', 'away']) }),
  rename: z.strictObject({ name: text }),
} satisfies Record<Act['type'], z.ZodType>;

const enter = z.strictObject({
  room: z.string().regex(ROOM_ID, 'expected the id of a room'),
  name: text,
  seat: z.string().max(2_048).optional(),
});

export type Wish =
  | { readonly name: 'enter'; readonly wanted: z.output<typeof enter> }
  | { readonly name: 'leave' }
  | { readonly name: 'act'; readonly act: Act };

/** Whether an event that a client sends is about a local room. */
export function isWish(name: unknown): name is 'enter' | 'leave' | Act['type'] {
  return name === 'enter' || name === 'leave' || (typeof name === 'string' && Object.hasOwn(ACTS, name));
}

/** Throws a Problem that says what was expected. */
export function readWish(name: 'enter' | 'leave' | Act['type'], value: unknown): Wish {
  if (name === 'enter') return { name, wanted: readAs(enter, value, name) };
  if (name !== 'leave') return { name: 'act', act: { type: name, ...readAs(ACTS[name], value ?? {}, name) } as Act };
  if (value === undefined || value === null) return { name };
  throw new Problem('malformed', 'leave: expected nothing beside it');
}
