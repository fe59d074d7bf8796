import type { RedriveProgress } from '../forward/api.ts';
import { columnsOf, type Io, painter, print } from './io.ts';
import { watchedLine } from './redrive-view.ts';
import { pad, safe, width } from './text.ts';

/** Where the progress of a redrive goes while it is watched. */
export interface Screen {
  /** `obstacle`: why nothing moves; empty when it does. */
  show(progress: RedriveProgress, obstacle: string): void;
  /** Leaves the cursor at the beginning of a line of its own; `summary` takes the place of the progress. */
  end(summary?: string): void;
}

/** One line, rewritten in place. */
export function lineScreen({ out, env }: Io): Screen {
  const paint = painter(out, env);
  let shown = '';
  const draw = (line: string) => {
    // Blanks rather than an escape: they clear the rest on every terminal.
    if (line !== shown) out.write(`\r${pad(line, width(shown))}`);
    shown = line;
  };
  return {
    show: (progress, obstacle) =>
      // The last column stays free: writing there would wrap on some terminals.
      draw(watchedLine(progress, safe(obstacle) as string, columnsOf(out) - 1, paint)),
    end: (summary) => {
      if (summary !== undefined) draw(summary);
      if (shown !== '') out.write('\n');
      shown = '';
    },
  };
}

/** One JSON object a change; what stands in the way, on stderr, once a standstill. */
export function jsonScreen({ out, err, env }: Io): Screen {
  const paint = painter(err, env);
  let shown = '';
  let told = '';
  return {
    show: (progress, obstacle) => {
      const line = JSON.stringify(progress);
      if (line !== shown) print(out, line);
      if (obstacle !== '' && told === '') print(err, paint('yellow', safe(obstacle) as string));
      [shown, told] = [line, obstacle];
    },
    end: (summary) => {
      if (summary !== undefined) print(err, summary);
    },
  };
}
