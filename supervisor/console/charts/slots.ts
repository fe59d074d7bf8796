/** Colours that a chart has for names; what is beyond them, and the sum of others, is grey. */
export const SLOTS = 10;
const OTHERS = 'others';

/** Which colour a name has, by number; it keeps it for as long as it is in the chart. `SLOTS`: grey. */
export class Slots {
  #byName = new Map<string, number>();

  /** The names in the order of their colours: nothing jumps when their numbers do. */
  order(names: readonly string[]): { name: string; slot: number }[] {
    const kept = new Map([...this.#byName].filter(([name]) => names.includes(name)));
    const taken = new Set(kept.values());
    for (const name of names) {
      if (name === OTHERS || kept.has(name)) continue;
      let slot = 0;
      while (taken.has(slot)) slot++;
      taken.add(slot);
      kept.set(name, slot);
    }
    this.#byName = kept;
    return names
      .map((name) => ({ name, slot: kept.get(name) ?? Number.POSITIVE_INFINITY }))
      .sort((a, b) => a.slot - b.slot)
      .map(({ name, slot }) => ({ name, slot: Math.min(slot, SLOTS) }));
  }
}
