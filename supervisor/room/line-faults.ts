import { MAX_LINE_BYTES } from '../../spec/limits.ts';
import type { LineFault } from '../child/port.ts';

/** What a line should have been that can't even be parsed. */
export const LINE_FAULTS: Readonly<Record<LineFault, string>> = {
  line_too_long: `expected lines of at most ${MAX_LINE_BYTES} bytes`,
  invalid_utf8: 'expected UTF-8',
};
