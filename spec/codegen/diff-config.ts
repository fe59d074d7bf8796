import type { Parties, Say } from './diff.ts';
import { compareSchemas } from './diff-schema.ts';
import { inlined } from './inline.ts';
import type { SpecSources } from './load.ts';
import { isSchema, propertiesOf, type Schema } from './schema.ts';

const COMMANDS: Parties = { writers: 'callers', readers: 'bots' };

/** Commands are told apart by their type. */
export function compareCommands(before: Schema, after: Schema, say: Say): void {
  const then = variants(before);
  const now = variants(after);
  for (const [type, schema] of then) {
    const current = now.get(type);
    const inCommand: Say = (at, change, breaking, text) => say(`${type}${at}`, change, breaking, text);
    if (current !== undefined) compareSchemas(schema, current, '', COMMANDS, inCommand);
    else
      inCommand(
        '',
        'command.removed',
        true,
        'command removed, because callers are refused and bots wait for it in vain',
      );
  }
  for (const type of now.keys()) {
    if (!then.has(type)) say(type, 'command.added', false, 'command added: bots go on when they do not know a type');
  }
}

/** Commands by their type. */
function variants({ oneOf }: Schema): Map<string, Schema> {
  const found = new Map<string, Schema>();
  for (const variant of Array.isArray(oneOf) ? oneOf.filter(isSchema) : []) {
    const type = propertiesOf(variant).find(([name]) => name === 'type')?.[1].const;
    if (typeof type === 'string') found.set(type, inlined({ type: 'object', ...variant }));
  }
  return found;
}

export function compareCeilings(
  { forwarding: before }: SpecSources,
  { forwarding: after }: SpecSources,
  say: Say,
): void {
  const what = `from ${before.piiCeiling} to ${after.piiCeiling}`;
  if (after.piiCeiling > before.piiCeiling) {
    say(
      '/piiCeiling',
      'ceiling.raised',
      true,
      `piiCeiling raised ${what}, because more about people leaves the machine`,
    );
  } else if (after.piiCeiling < before.piiCeiling) {
    say(
      '/piiCeiling',
      'ceiling.lowered',
      false,
      `piiCeiling lowered ${what}: topics that no longer leave are named one by one`,
    );
  }
}

export function compareFields({ pii: before }: SpecSources, { pii: after }: SpecSources, say: Say): void {
  for (const [name, level] of Object.entries(before.fields)) {
    const now = Object.hasOwn(after.fields, name) ? (after.fields[name] ?? 0) : 0;
    const what = `the level of fields named ${name}`;
    if (now < level)
      say(
        `/fields/${name}`,
        'field-level.lowered',
        true,
        `${what} lowered from ${level} to ${now}, because they need no mask any more`,
      );
    if (now > level) say(`/fields/${name}`, 'field-level.raised', false, `${what} raised from ${level} to ${now}`);
  }
}
