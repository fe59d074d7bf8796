import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useRef } from 'preact/hooks';

/** Rows above and below what one sees. */
const OVERSCAN = 12;
/** So near to the end, in pixels, one is at the end. */
const END = 4;

export interface VirtualRows {
  /** Rows of one height, in pixels. */
  readonly count: number;
  readonly height: number;
  readonly box: RefObject<HTMLElement | null>;
  /** What a row is, wherever it stands: rows that go at the beginning then leave the others in their place. */
  readonly keyOf: (index: number) => number;
  /** At the end the list stays at the end when rows come. */
  readonly follow: boolean;
}

export type Virtual = Virtualizer<HTMLElement, HTMLElement>;

/** A long list of which only what one sees is made. The box scrolls; rows are placed by `start` in `getTotalSize()`. */
export function useVirtual({ count, height, box, keyOf, follow }: VirtualRows): Virtual {
  const [, redraw] = useReducer((turn: number, _: undefined) => turn + 1, 0);
  const made = useRef<Virtual>(null);
  const options = {
    count,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    getItemKey: keyOf,
    overscan: OVERSCAN,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
    ...(follow && { anchorTo: 'end' as const, followOnAppend: true, scrollEndThreshold: END }),
    // The box moves to new rows a frame after they are made: they have to be there by then.
    rangeExtractor: (range: Range) => rows(range, follow && isAtEnd(made.current)),
  };
  made.current ??= new Virtualizer(options);
  const virtual = made.current;
  virtual.setOptions(options);
  useLayoutEffect(() => virtual._didMount(), []);
  useLayoutEffect(() => virtual._willUpdate());
  useLayoutEffect(() => virtual.measure(), [height]);
  useEnd(virtual, box, height, follow);
  return virtual;
}

/** Who is at the end stays there when the box, or its rows, change their height. */
function useEnd(virtual: Virtual, box: VirtualRows['box'], height: number, follow: boolean): void {
  const wasAtEnd = useRef(true);
  const stay = () => {
    if (wasAtEnd.current) virtual.scrollToEnd();
  };
  useLayoutEffect(() => {
    const place = box.current;
    if (place === null || !follow) return undefined;
    const scrolled = () => {
      wasAtEnd.current = place.scrollHeight - place.scrollTop - place.clientHeight <= END;
    };
    const observer = new ResizeObserver(stay);
    observer.observe(place);
    place.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      observer.disconnect();
      place.removeEventListener('scroll', scrolled);
    };
  }, []);
  useLayoutEffect(stay, [height]);
}

export function isAtEnd(virtual: Virtual | null): boolean {
  return virtual?.isAtEnd(END) ?? true;
}

function rows(range: Range, toEnd: boolean): number[] {
  const indexes = defaultRangeExtractor(range);
  if (!toEnd) return indexes;
  const first = Math.max((indexes.at(-1) ?? -1) + 1, range.count - (range.endIndex - range.startIndex) - OVERSCAN);
  for (let index = first; index < range.count; index++) indexes.push(index);
  return indexes;
}
