// biome-ignore-all lint/a11y/useSemanticElements: a table of thousands of rows, of which those are made that one sees
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid takes the keys
import type { Row } from '../worker/protocol.ts';
import { Time } from './time.tsx';

interface TimelineRowProps {
  /** Its number; `index` is where it stands among those that are kept, `start` where it is drawn, in pixels. */
  readonly line: number;
  readonly index: number;
  readonly start: number;
  /** undefined: it is on its way. */
  readonly row: Row | undefined;
  readonly showRoom: boolean;
  readonly isActive: boolean;
  readonly onOpen: (position: string) => void;
}

/** One event in a line. */
export function TimelineRow({ line, index, start, row, showRoom, isActive, onOpen }: TimelineRowProps) {
  const isMissing = row?.topic === '';
  const kind = isMissing ? 'missing' : (row?.tone ?? 'plain');
  return (
    <div
      id={`line-${line}`}
      role="row"
      class={`timeline-row ${kind}${isActive ? ' active' : ''}${showRoom ? ' with-room' : ''}`}
      aria-rowindex={index + 1}
      aria-selected={isActive}
      data-position={row?.position}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => {
        if (row !== undefined && !isMissing) onOpen(row.position);
      }}
    >
      {isMissing ? (
        <span role="gridcell" class="row-missing">
          Some events between here are no longer kept
        </span>
      ) : (
        row !== undefined && <Cells row={row} showRoom={showRoom} />
      )}
    </div>
  );
}

function Cells({ row, showRoom }: { readonly row: Row; readonly showRoom: boolean }) {
  const dot = row.topic.lastIndexOf('.') + 1;
  return (
    <>
      <span role="gridcell" class="row-time">
        <Time at={row.ts} />
      </span>
      {showRoom && (
        <span role="gridcell" class="row-room">
          {row.roomId === '' ? 'roomd' : row.roomId}
        </span>
      )}
      <span role="gridcell" class="row-topic" title={row.topic}>
        <span class="row-group">{row.topic.slice(0, dot)}</span>
        {row.topic.slice(dot)}
      </span>
      <span role="gridcell" class="row-summary">
        {SIGNS[row.tone] !== undefined && <span class="row-sign">{SIGNS[row.tone]} </span>}
        {row.summary}
      </span>
    </>
  );
}

/** Beside the colour. */
const SIGNS: Readonly<Partial<Record<Row['tone'], string>>> = { warn: '▲', bad: '✕' };
