import type { Accounting, ForwardStatus } from '../forward/api.ts';
import type { Paint, Style } from './io.ts';
import { progressLine, redriveOutcome } from './redrive-view.ts';
import { humanCount, humanDuration, safe, table } from './text.ts';

const STATES: Readonly<Record<ForwardStatus['state'], Style>> = {
  flowing: 'green',
  deferred: 'yellow',
  held: 'red',
  stopped: 'dim',
};

/** What `accepted` is the sum of, in the order of the table. */
const PARTS: readonly [Exclude<keyof Accounting, 'accepted'>, string, string][] = [
  ['delivered', 'delivered', ''],
  ['pending', 'pending', 'not settled yet'],
  ['deadLettered', 'dead-lettered', '`roomd dead-letters ls` lists them'],
  ['expired', 'expired', 'removed before they could be sent'],
  ['local', 'local', 'of topics that stay here'],
  ['sampledOut', 'sampled out', "left out by their topic's sample rate"],
  ['pii', 'withheld', 'for what they say about people'],
  ['specMismatch', 'spec mismatch', 'of bots that speak another version of the spec'],
];
/** More of these than none wants a look. */
const ALARMING: ReadonlySet<string> = new Set(['deadLettered', 'expired']);

/** Where forwarding stands, with its accounting as a sum. `now`: milliseconds since 1970. */
export function statusSheet(view: ForwardStatus, now: number, paint: Paint): string[] {
  const status = safe(view) as ForwardStatus;
  const { target, state, problem, backlog, cursor, last, lastDeliveredAt, redrive } = status;
  const ago = (ms: number) => `${humanDuration(Math.max(0, now - ms))} ago`;
  const oldest = backlog.oldestMs === null ? '' : `, the oldest for ${humanDuration(backlog.oldestMs)}`;
  const rows: [string, string][] = [
    ['backlog', backlog.events === 0 ? 'none' : `${humanCount(backlog.events)} events${oldest}`],
    ['cursor', `${cursor}${paint('dim', cursor === last ? ', the end of the log' : ` of ${last}`)}`],
    ['last delivery', lastDeliveredAt === null ? 'none since the start' : ago(lastDeliveredAt)],
  ];
  if (redrive !== null) {
    const { endedAt } = redrive;
    const ended = endedAt === null ? '' : paint('dim', ` (${ago(endedAt)})`);
    const isRunning = redrive.state === 'running';
    rows.push(['redrive', isRunning ? progressLine(redrive, paint) : `${redriveOutcome(redrive, paint)}${ended}`]);
  }
  return [
    `${target} is ${paint(STATES[state] ?? 'dim', state)}`,
    ...(problem === null ? [] : [`  ${paint(STATES[state] ?? 'dim', problem)}`]),
    '',
    ...sum(status.accounting, paint),
    '',
    ...table(rows.map(([name, value]) => [paint('dim', name), value])).map((line) => `  ${line}`),
  ];
}

function sum(accounting: Accounting, paint: Paint): string[] {
  const counts = ['accepted', ...PARTS.map(([key]) => key)].map((key) => accounting[key as keyof Accounting]);
  const digits = Math.max(...counts.map((count) => humanCount(count).length));
  const number = (count: number) => humanCount(count).padStart(digits);
  const parts = PARTS.map(([key, name, note], i) => {
    const count = accounting[key];
    const isNews = count > 0 && ALARMING.has(key);
    const text = isNews ? paint('red', number(count)) : number(count);
    return [i === 0 ? '=' : '+', name, text, ...(count > 0 && note !== '' ? [paint('dim', note)] : [])];
  });
  const total = counts.slice(1).reduce((all, count) => all + count, 0);
  const off = accounting.accepted - total;
  const wrong = off === 0 ? [] : [['', paint('red', 'unaccounted'), paint('red', number(off)), 'please report this']];
  return table([['', 'accepted', number(accounting.accepted)], ...parts, ...wrong]).map((line) => `  ${line}`);
}
