import { sleep } from '../../spec/runtime/clock.ts';
import type { ForwardStatus, RedriveProgress } from '../forward/api.ts';
import { type Client, createClient, RefusedError, UnreachableError } from './client.ts';
import type { FilterOptions } from './dead-letters.ts';
import { CliError, type Io, painter, print, wantsJson } from './io.ts';
import { jsonScreen, lineScreen, type Screen } from './redrive-screen.ts';
import { redriveOutcome, redriveSummary } from './redrive-view.ts';

export interface RedriveOptions extends FilterOptions {
  all?: boolean;
  wait: boolean;
  cancel?: boolean;
  json?: boolean;
}

const PATH = '/v1/dead-letters/redrive';
const POLL_MS = 500;
const LATER = '`roomd forward status` tells how far it is, `roomd dead-letters redrive --cancel` ends it';

/**
 * `roomd dead-letters redrive`: sends dead letters again and watches until they are settled. Resolves with 0 when
 * all have arrived, 1 when some are left, 130 when the signal aborts: the redrive itself then goes on.
 */
export async function redrive(ids: readonly string[], options: RedriveOptions, io: Io): Promise<number> {
  const body = selection(ids, options);
  const client = createClient(io);
  const asJson = wantsJson(io, options.json);
  if (options.cancel || !options.wait) {
    const progress = await (options.cancel ? client.json('DELETE', PATH) : begin(client, body));
    print(io.out, asJson ? JSON.stringify(progress) : told(progress as RedriveProgress, options, io));
    return 0;
  }
  const screen = asJson ? jsonScreen(io) : lineScreen(io);
  let begun: RedriveProgress | undefined;
  try {
    begun = await begin(client, body);
    const progress = await watch(client, io, begun, screen);
    const named = new Set(ids).size;
    const missing = named - progress.selected;
    const isWhole = progress.delivered === progress.selected && missing <= 0;
    const summary = redriveSummary(progress, painter(asJson ? io.err : io.out, io.env));
    screen.end(asJson && isWhole ? undefined : summary);
    if (missing > 0)
      print(io.err, `${missing} of ${named} ids named no dead letter of this target: mistyped, or delivered before`);
    return isWhole ? 0 : 1;
  } catch (error) {
    screen.end();
    if (!io.signal.aborted) throw error;
    print(io.err, `no longer watching, the redrive ${begun ? 'goes on' : 'may have begun'}: ${LATER}`);
    return 130;
  }
}

function selection(ids: readonly string[], { all, room, topic, reason, cancel, wait }: RedriveOptions): unknown {
  const isFiltered = all !== undefined || room !== undefined || topic !== undefined || reason !== undefined;
  if (cancel) {
    if (isFiltered || ids.length > 0 || !wait) throw new CliError('expected --cancel without ids and filters', 2);
    return undefined;
  }
  if (ids.length > 0 && isFiltered) {
    throw new CliError('expected either ids, or --room, --topic, --reason or --all; got both', 2);
  }
  if (ids.length > 0) return { ids };
  if (isFiltered) return { all, roomId: room, topic, reason };
  throw new CliError(
    'expected what to send again: ids of `roomd dead-letters ls`, or --room, --topic or --reason, or --all',
    2,
  );
}

async function begin(client: Client, body: unknown): Promise<RedriveProgress> {
  try {
    return (await client.json('POST', PATH, body)) as RedriveProgress;
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 409) throw error;
    throw new CliError(`a redrive is running already; ${LATER}`);
  }
}

/** Until it has ended; resolves with how. */
async function watch(client: Client, io: Io, begun: RedriveProgress, screen: Screen): Promise<RedriveProgress> {
  let progress = begun;
  let obstacle = '';
  for (;;) {
    screen.show(progress, obstacle);
    if (progress.state !== 'running') return progress;
    await sleep(io.clock, POLL_MS, io.signal);
    io.signal.throwIfAborted();
    try {
      const next = (await client.json('GET', PATH)) as RedriveProgress;
      if (next.startedAt !== begun.startedAt) throw new CliError('another redrive has begun since');
      obstacle = next.state === 'running' && next.remaining === progress.remaining ? await findObstacle(client) : '';
      progress = next;
    } catch (error) {
      throw error instanceof UnreachableError || error instanceof RefusedError ? unwatched(error) : error;
    }
  }
}

async function findObstacle(client: Client): Promise<string> {
  const { state, problem } = (await client.json('GET', '/v1/forward')) as ForwardStatus;
  return state === 'flowing' ? '' : `${state}${problem === null ? '' : `: ${problem}`}`;
}

/** A redrive ends with its daemon, and what it has not delivered is kept. */
function unwatched({ message }: Error): CliError {
  return new CliError(`${message}; what had not arrived stays a dead letter: \`roomd dead-letters ls\``);
}

/** The answer to a command that doesn't watch. */
function told(progress: RedriveProgress, { cancel }: RedriveOptions, { out, env }: Io): string {
  const outcome = redriveOutcome(progress, painter(out, env));
  if (!cancel) return progress.state === 'running' ? `${outcome}; ${LATER}` : outcome;
  if (progress.state === 'running') return 'ending; what is under way arrives, or stays a dead letter';
  return progress.state === 'done' ? `no redrive runs; the last one: ${outcome}` : outcome;
}
