// biome-ignore-all lint/a11y/useSemanticElements: a table of thousands of rows, of which those are made that one sees
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { timeline } from '../live.ts';
import { count } from '../words.ts';
import { useLines } from './lines.ts';
import { narrow } from './narrow.ts';
import { TimelineRow } from './timeline-row.tsx';
import { isAtEnd, useVirtual, type Virtual } from './virtual.ts';

/** In pixels, as the style sheet has them; two lines each on a phone. */
const ROW = 28;
const NARROW_ROW = 48;

interface TimelineListProps {
  readonly showRoom: boolean;
  readonly onOpen: (position: string) => void;
}

/** The lines, the newest at the bottom. It follows the end until somebody scrolls up. */
export function TimelineList({ showRoom, onOpen }: TimelineListProps) {
  const { version, first, count: lines, kept } = timeline.value;
  const box = useRef<HTMLDivElement>(null);
  const known = useLines();
  const virtual = useVirtual({
    count: lines,
    height: narrow.value ? NARROW_ROW : ROW,
    box,
    keyOf: (index) => first + index,
    follow: true,
  });
  /** The number of the line that the keyboard is at. */
  const active = useSignal<number | null>(null);
  useLayoutEffect(() => {
    active.value = null;
    virtual.scrollToEnd();
  }, [version]);

  const items = virtual.getVirtualItems();
  known.need(first + (items[0]?.index ?? 0), first + (items.at(-1)?.index ?? -1));
  const fresh = useFresh(virtual, first + lines, version);
  const move = (line: number) => {
    const to = Math.min(first + lines - 1, Math.max(first, line));
    active.value = to;
    if (to === first + lines - 1) virtual.scrollToEnd();
    else virtual.scrollToIndex(to - first, { align: 'auto' });
  };
  const isShown = items.some(({ index }) => first + index === active.value);
  return (
    <div class="timeline-frame">
      <div
        ref={box}
        class="timeline-list"
        role="grid"
        tabIndex={0}
        aria-label="Events, the newest last. Arrow keys move, Enter opens."
        aria-rowcount={lines}
        aria-activedescendant={isShown ? `line-${active.value}` : undefined}
        onKeyDown={(event) => {
          const at = active.value ?? first + (items.at(-1)?.index ?? 0);
          const page = Math.max(
            1,
            Math.floor((box.current?.clientHeight ?? 0) / (narrow.value ? NARROW_ROW : ROW)) - 1,
          );
          const to = targetOf(event.key, at, { page, first, last: first + lines - 1 });
          if (to !== undefined) move(active.value === null && event.key.startsWith('Arrow') ? at : to);
          else if (event.key === 'Enter' && active.value !== null) openLine(active.value);
          else return;
          event.preventDefault();
        }}
      >
        <div class="timeline-rows" role="rowgroup" style={{ height: `${virtual.getTotalSize()}px` }}>
          {items.map(({ index, start }) => {
            const line = first + index;
            return (
              <TimelineRow
                key={line}
                line={line}
                index={index}
                start={start}
                row={known.at(line)}
                showRoom={showRoom}
                isActive={line === active.value}
                onOpen={(position) => {
                  active.value = line;
                  onOpen(position);
                }}
              />
            );
          })}
        </div>
      </div>
      {lines === 0 && kept > 0 && <p class="timeline-none">No event fits the filter.</p>}
      {fresh > 0 && (
        <button type="button" class="timeline-fresh primary" onClick={() => virtual.scrollToEnd()}>
          ↓ {count(fresh)} new
        </button>
      )}
    </div>
  );

  function openLine(line: number): void {
    const row = known.at(line);
    if (row !== undefined && row.topic !== '') onOpen(row.position);
  }
}

/** How many lines have come since somebody left the end. */
function useFresh(virtual: Virtual, end: number, version: number): number {
  const seen = useRef(end);
  const atEnd = isAtEnd(virtual);
  useEffect(() => {
    seen.current = end;
  }, [version]);
  if (atEnd) seen.current = end;
  return Math.max(0, end - seen.current);
}

/** Where a key leads to; undefined: nowhere. */
function targetOf(key: string, at: number, { page, first, last }: { page: number; first: number; last: number }) {
  switch (key) {
    case 'ArrowUp':
      return at - 1;
    case 'ArrowDown':
      return at + 1;
    case 'PageUp':
      return at - page;
    case 'PageDown':
      return at + page;
    case 'Home':
      return first;
    case 'End':
      return last;
    default:
      return undefined;
  }
}
