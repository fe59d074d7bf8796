import { explain } from './envelope.ts';
import type { Command } from './generated/command.ts';
import * as validators from './generated/validators.js';

export type { Command };

/** Every type there is: the compiler holds it against the schema. */
const TYPES: Readonly<Record<Command['type'], true>> = {
  shutdown: true,
  'policy.warn': true,
  'policy.update': true,
  'policy.restrict': true,
  app_message: true,
  'room.event': true,
  'room.access': true,
  'room.refused': true,
  ack: true,
  assign: true,
};
const MAX_SHOWN = 64;

/** A value → a command of `spec/schemas/command.json`, or what is wrong with it. */
export function parseCommand(value: unknown): { ok: true; command: Command } | { ok: false; detail: string } {
  if (validators.command(value)) return { ok: true, command: value as Command };
  return { ok: false, detail: wrongType(value) ?? explain(validators.command.errors) };
}

/** The validator only says that the type is none of its own. */
function wrongType(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { type } = value as { type?: unknown };
  if (typeof type === 'string' && Object.hasOwn(TYPES, type)) return undefined;
  const got = type === undefined ? 'none' : JSON.stringify(type).slice(0, MAX_SHOWN);
  return `expected a type of ${Object.keys(TYPES).join(', ')}; got ${got}`;
}
