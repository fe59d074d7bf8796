import type { DailyCallFactory } from '@daily-co/daily-js';
import { Call } from './call.ts';
import { carryOut } from './orders.ts';
import { Reporter } from './report.ts';

declare global {
  /** The client of Daily as its maker built it: loaded before this. */
  var Daily: DailyCallFactory;
  /** Takes a line to the bot; a promise, if any, settles when it was taken. */
  var roomdSay: (line: string) => unknown;
  /** Takes a line of the bot: a PageOrder. */
  var roomdTake: (line: string) => void;
}

const reporter = new Reporter((line) => globalThis.roomdSay(line));
const call = new Call(globalThis.Daily, reporter);
globalThis.roomdTake = (line) => {
  void carryOut(line, call, reporter);
};
