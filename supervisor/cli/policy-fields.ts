import type { Statement } from '../../spec/compose.ts';
import type { ConversationPolicy } from '../../spec/policy.ts';
import { canonicalJson } from '../../spec/version.ts';

/** One word on a field, and the layers that say it. */
export interface Said {
  readonly value: unknown;
  readonly layers: readonly string[];
  /** Whether it is, or is part of, what holds. */
  readonly holds: boolean;
}

export interface FieldView {
  /** Such as `turns.maxChars`. */
  readonly path: string;
  readonly value: unknown;
  readonly layers: readonly string[];
  /** What holds comes first. Of a list, each of its items. */
  readonly said: readonly Said[];
}

type Provenance = Readonly<Record<string, readonly string[]>>;

/** The fields of a policy, with what every layer says about them. */
export function fieldsOf(policy: ConversationPolicy, provenance: Provenance, statements: Record<string, Statement[]>) {
  return givenFields(policy, provenance).map((field): FieldView => {
    const all = statements[field.path];
    if (all === undefined) return field;
    const byText = new Map<string, { value: unknown; layers: Set<string> }>();
    for (const { name, value } of all) {
      for (const item of Array.isArray(value) ? value : [value]) {
        const text = canonicalJson(item);
        const known = byText.get(text) ?? { value: item, layers: new Set() };
        byText.set(text, known);
        known.layers.add(name);
      }
    }
    // In the order of the policy; behind it what isn't part of it.
    const holding = itemsOf(field.value).map(canonicalJson);
    const order = [...holding, ...[...byText.keys()].filter((text) => !holding.includes(text))];
    const said = order.flatMap((text): Said[] => {
      const one = byText.get(text);
      return one ? [{ value: one.value, layers: [...one.layers], holds: holding.includes(text) }] : [];
    });
    return { ...field, said };
  });
}

/** The same where only the layers that gave a field are known. */
export function givenFields(policy: ConversationPolicy, provenance: Provenance): FieldView[] {
  return Object.keys(provenance).map((path) => {
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], policy);
    const layers = provenance[path] ?? [];
    return { path, value, layers, said: itemsOf(value).map((item) => ({ value: item, layers, holds: true })) };
  });
}

function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
