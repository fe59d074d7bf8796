import { EACH, pointerSteps } from './pointer.ts';

/** Pointers, merged where they begin alike: so a payload is walked once, however many there are. */
export interface PointerTrie {
  /** The kinds of the pointers that end here, as bits; 0: none does. */
  ends: number;
  /** A pointer through here, as it was written: what a failure tells of. */
  readonly pointer: string;
  readonly kind: number;
  /** By the next step, as in an object. */
  readonly steps: Map<string, PointerTrie>;
  /** The same as in an array; made when there is one. */
  items?: ItemSteps;
}

export interface ItemSteps {
  /** Of the star. */
  readonly each: PointerTrie | undefined;
  /** By index, what the star leads to included. */
  readonly at: ReadonlyMap<number, PointerTrie>;
  /** One whose step is no item's. */
  readonly wrong: PointerTrie | undefined;
}

/** An index as RFC 6901 has it. */
const INDEX = /^(0|[1-9]\d*)$/;

/** Why pointers couldn't be merged, or where one leads to no value: one of them, as it was written, and of what kind. */
export interface Lost {
  readonly pointer: string;
  readonly kind: number;
  readonly why: 'malformed' | 'blocked' | 'duplicate';
}

/** Pointers by their kind, a power of two each. Those that come first are told of first. */
export function pointerTrie(
  kinds: readonly (readonly [kind: number, pointers: readonly string[]])[],
): PointerTrie | Lost {
  const root = newNode('', 0);
  for (const [kind, pointers] of kinds) {
    for (const pointer of pointers) {
      const steps = pointerSteps(pointer);
      if (steps === undefined) return { pointer, kind, why: 'malformed' };
      insert(root, steps, pointer, kind);
    }
  }
  return root;
}

/** A path of steps alone. */
export function pathTrie(path: readonly string[]): PointerTrie {
  const root = newNode('', 0);
  insert(root, path, '', 1);
  return root;
}

function insert(root: PointerTrie, steps: readonly string[], pointer: string, kind: number): void {
  let node = root;
  for (const step of steps) {
    const next = node.steps.get(step) ?? newNode(pointer, kind);
    node.steps.set(step, next);
    node = next;
  }
  node.ends |= kind;
}

function newNode(pointer: string, kind: number): PointerTrie {
  return { ends: 0, pointer, kind, steps: new Map() };
}

export function itemSteps(node: PointerTrie): ItemSteps {
  node.items ??= sortedSteps(node.steps);
  return node.items;
}

function sortedSteps(steps: ReadonlyMap<string, PointerTrie>): ItemSteps {
  const each = steps.get(EACH);
  const others = [...steps].filter(([step]) => step !== EACH);
  return {
    each,
    at: new Map(
      others
        .filter(([step]) => INDEX.test(step))
        .map(([step, next]) => [Number(step), each === undefined ? next : merged(next, each)]),
    ),
    wrong: others.find(([step]) => !INDEX.test(step))?.[1],
  };
}

function merged(a: PointerTrie, b: PointerTrie): PointerTrie {
  const steps = new Map(a.steps);
  for (const [step, next] of b.steps) {
    const other = steps.get(step);
    steps.set(step, other === undefined ? next : merged(other, next));
  }
  return { ends: a.ends | b.ends, pointer: a.pointer, kind: a.kind, steps };
}
