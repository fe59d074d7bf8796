import { SLOTS } from './slots.ts';

export interface Colours {
  readonly text: string;
  readonly grid: string;
  /** Of what the chart is drawn on. */
  readonly ground: string;
  /** By slot; the last is grey. */
  readonly slots: readonly string[];
}

/** The colours of the moment, as the style sheets have them. */
export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read('--muted'),
    grid: read('--line'),
    ground: read('--surface'),
    slots: Array.from({ length: SLOTS + 1 }, (_, slot) => read(slotName(slot))),
  };
}

/** The custom property of a slot's colour. */
export function slotName(slot: number): string {
  return slot >= SLOTS ? '--chart-rest' : `--chart-${slot + 1}`;
}

/** Calls back when light becomes dark or the other way round. */
export function onColours(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
