import { explain } from './envelope.ts';
import type { Command } from './generated/command.ts';
import * as validators from './generated/validators.js';

export type { Command };

/** A value → a command of `spec/schemas/command.json`, or what is wrong with it. */
export function parseCommand(value: unknown): { ok: true; command: Command } | { ok: false; detail: string } {
  if (validators.command(value)) return { ok: true, command: value as Command };
  return { ok: false, detail: explain(validators.command.errors) };
}
