import type { SpecSources } from './load.ts';
import { type Fault, step } from './schema.ts';

/** Names that `generated/topics.ts` has for itself. */
const TAKEN = new Map([
  ['TopicPayloads', 'the generated map of payloads'],
  ['TopicId', 'the generated type of names'],
]);

/** `room.message.sent` → `RoomMessageSent` */
export function typeName(id: string): string {
  return id
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield ' +
    // What a Pydantic model has already.
    'construct copy dict json schema validate'
  ).split(' '),
);

/** The name that a field has in Python: `endAt` → `end_at`, `from` → `from_`; undefined when nothing is left of it. */
export function fieldName(name: string): string | undefined {
  const snake = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+/, '')
    .toLowerCase();
  if (snake === '') return undefined;
  if (/^[0-9]/.test(snake)) return `n${snake}`;
  return KEYWORDS.has(snake) || snake.startsWith('model_') ? `${snake}_` : snake;
}

/** Names of one object's properties that can't be told apart in every language. `at` points at the properties. */
export function nameFaults(names: readonly string[], at: string): Fault[] {
  const faults: Fault[] = [];
  const seen = new Map<string, string>();
  for (const name of names) {
    const field = fieldName(name);
    const other = seen.get(field ?? '');
    if (field === undefined || name === '__proto__') {
      faults.push({
        at: at + step(name),
        found: 'a name that is none in Python or JavaScript',
        instead: 'a word of letters',
      });
    } else if (other !== undefined) {
      const found = `a name that in Python is ${field}, as ${other} is`;
      faults.push({ at: at + step(name), found, instead: 'names that differ in their letters' });
    } else seen.set(field, name);
  }
  return faults;
}

/** Topics that would have one type name, one line a topic; those of the same name as an earlier one. */
export function checkTypeNames({ topics, files }: Pick<SpecSources, 'topics' | 'files'>): string[] {
  const problems: string[] = [];
  const seen = new Map<string, string>(TAKEN);
  for (const { id } of topics) {
    const name = typeName(id);
    const other = seen.get(name);
    if (other === undefined) seen.set(name, id);
    else {
      const file = files.get(id) ?? `topics/${id}.json`;
      problems.push(`${file}: /id: found ${id}, whose type ${name} is ${other}'s too: write other words`);
    }
  }
  return problems;
}
