import { columnsOf, type Io, rowsOf } from './io.ts';

/** The whole terminal, while something is watched on it. */
export interface TopScreen {
  readonly columns: number;
  readonly rows: number;
  /** Lines in place of those before; as many as there are rows, and none wider than the columns. */
  draw(lines: readonly string[]): void;
  /** Gives back what stood there before, and the cursor. Idempotent. */
  close(): void;
}

const CSI = '\u001b[';
/** Another screen beside the usual one, no cursor, and nothing that is too long goes on in the next line. */
const OPEN = `${CSI}?1049h${CSI}?25l${CSI}?7l`;
const CLOSE = `${CSI}?7h${CSI}?25h${CSI}?1049l`;
const HOME = `${CSI}H`;
const CLEAR_LINE = `${CSI}K`;
const CLEAR_BELOW = `${CSI}J`;

/** Takes the terminal over; `resized` is called when its size has changed. */
export function openScreen({ out }: Io, resized: () => void): TopScreen {
  let isOpen = true;
  let isBusy = false;
  let waiting: readonly string[] | undefined;

  const drained = () => {
    isBusy = false;
    const lines = waiting;
    waiting = undefined;
    if (lines !== undefined) draw(lines);
  };
  const draw = (lines: readonly string[]) => {
    if (!isOpen) return;
    if (isBusy) {
      // Of what a slow terminal has no time for, only the newest counts.
      waiting = lines;
      return;
    }
    isBusy = !out.write(`${HOME}${lines.map((line) => line + CLEAR_LINE).join('\r\n')}${CLEAR_BELOW}`);
    if (isBusy) out.once('drain', drained);
  };
  out.on('resize', resized);
  out.write(OPEN);
  return {
    get columns() {
      return columnsOf(out);
    },
    get rows() {
      return rowsOf(out);
    },
    draw,
    close() {
      if (!isOpen) return;
      isOpen = false;
      out.removeListener('resize', resized);
      out.removeListener('drain', drained);
      out.write(CLOSE);
    },
  };
}
