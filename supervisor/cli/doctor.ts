import type { Status, Told } from '../doctor/examine.ts';
import { type Io, type Paint, painter, print, wantsJson } from './io.ts';
import type { Style } from './paint.ts';
import { pad, safe } from './text.ts';

export interface DoctorOptions {
  config?: string;
  data?: string;
  json?: boolean;
  sendTest?: boolean;
}

const STYLES: Record<Status, Style> = { ok: 'green', warn: 'yellow', fail: 'red', skipped: 'dim' };
/** As wide as the widest of them. */
const STATUS_COLUMNS = 'skipped'.length + 2;
const NAME_COLUMNS = 'Daily webhooks'.length + 2;

/** `roomd doctor`: looks at everything that roomd needs, and says what to do. 1 when something fails. */
export async function doctor(options: DoctorOptions, io: Io, version: string): Promise<number> {
  const { examine } = await import('../doctor/examine.ts');
  const { env, cwd, clock, signal } = io;
  const world = { env, cwd, clock, random: Math.random, fetch, version, node: process.versions.node };
  const json = wantsJson(io, options.json);
  const paint = painter(io.out, env);
  const asked = { file: options.config, data: options.data, sendTest: options.sendTest === true, signal };
  let without = '';
  const counts = { ok: 0, warn: 0, fail: 0, skipped: 0 };
  for await (const told of examine(world, asked)) {
    counts[told.status]++;
    if (told.check === 'Daily key' && told.status === 'skipped') without = `; ${told.found}`;
    for (const line of json ? [JSON.stringify(told)] : linesOf(told, paint)) print(io.out, line);
  }
  if (signal.aborted) return 130;
  if (!json) print(io.out, `\n${summary(counts, paint)}${counts.fail > 0 ? '' : without}`);
  return counts.fail > 0 ? 1 : 0;
}

function linesOf(told: Told, paint: Paint): string[] {
  const { status, check, found, todo } = safe(told) as Told;
  const indent = ' '.repeat(STATUS_COLUMNS + NAME_COLUMNS);
  const first = paint(STYLES[status], pad(status, STATUS_COLUMNS)) + pad(check, NAME_COLUMNS);
  const dim = status === 'skipped' ? paint('dim', found) : found;
  return [first + dim, ...(todo === undefined ? [] : [`${indent}${paint(STYLES[status], '→')} ${todo}`])];
}

function summary({ fail, warn }: Record<Status, number>, paint: Paint): string {
  if (fail > 0) return paint('red', `${fail} ${fail === 1 ? 'check fails' : 'checks fail'}`);
  if (warn > 0) return paint('yellow', `roomd can run; ${warn} ${warn === 1 ? 'thing wants' : 'things want'} a look`);
  return paint('green', 'all is well');
}
