import type { Log } from '../../../supervisor/log/port.ts';
import { describeAppending } from './contract-append.ts';
import { describeReading } from './contract-read.ts';
import { describeRetention } from './contract-retention.ts';

/** What every log does, whatever it is made of. `open` gives an empty one. */
export function describeLog(name: string, open: () => Promise<Log>): void {
  describeAppending(name, open);
  describeReading(name, open);
  describeRetention(name, open);
}
