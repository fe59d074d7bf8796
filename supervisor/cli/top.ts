import { parseDuration } from '../../spec/quantity.ts';
import { createClient } from './client.ts';
import { CliError, type Io, painter, print, wantsJson, writeLine } from './io.ts';
import { safe } from './text.ts';
import { type Action, listenToKeys, type SortKey } from './top-keys.ts';
import { createLooker, follow, type Look } from './top-look.ts';
import { openScreen, type TopScreen } from './top-screen.ts';
import { sortRooms, topLines } from './top-view.ts';

export interface TopOptions {
  /** A duration such as 2s. */
  interval: string;
  sort: SortKey;
  all?: boolean;
  json?: boolean;
}

const MIN_INTERVAL_MS = 100;
const MAX_INTERVAL_MS = 3_600_000;

/**
 * `roomd top`: the rooms and what they take of the machine, until the signal aborts or somebody quits; a table that is
 * redrawn on a terminal, one JSON object a look elsewhere. A daemon that goes away is asked again until it is back.
 */
export async function top(options: TopOptions, io: Io): Promise<number> {
  const interval = intervalOf(options.interval);
  if (wantsJson(io, options.json)) await stream(options, interval, io);
  else if (io.env.TERM === 'dumb')
    throw new CliError('expected a terminal that can be redrawn, got TERM=dumb: use --json');
  else await watch(options, interval, io);
  return 0;
}

/** The terminal is given back on every way out. */
async function watch({ sort, all = false }: TopOptions, interval: number, io: Io): Promise<void> {
  const end = new AbortController();
  const quit = () => end.abort();
  io.signal.addEventListener('abort', quit, { once: true });
  if (io.signal.aborted) quit();
  const { signal } = end;
  const client = createClient({ ...io, signal });
  const paint = painter(io.out, io.env);
  let view = { url: client.url, sort, all, missed: '' };
  let look: Look | undefined;
  let screen: TopScreen | undefined;
  let keysBack = () => {};

  const redraw = () => {
    if (look !== undefined) screen?.draw(topLines({ ...view, look }, io.clock.now(), screen, paint));
  };
  const act = (action: Action) => {
    if (action === 'quit') return quit();
    view = action === 'all' ? { ...view, all: !view.all } : { ...view, ...action };
    redraw();
  };
  try {
    await follow(
      createLooker(client, io.clock, () => view.all),
      interval,
      { clock: io.clock, signal },
      {
        seen(answer) {
          look = answer;
          view = { ...view, missed: '' };
          if (screen === undefined) {
            screen = openScreen(io, redraw);
            keysBack = listenToKeys(io.input, act);
          }
          redraw();
        },
        missed(why) {
          view = { ...view, missed: why };
          redraw();
        },
      },
    );
  } finally {
    io.signal.removeEventListener('abort', quit);
    keysBack();
    screen?.close();
  }
}

/** What stands in the way goes to stderr, once a standstill. */
async function stream({ sort, all = false }: TopOptions, interval: number, io: Io): Promise<void> {
  const paint = painter(io.err, io.env);
  let isMissing = false;
  await follow(
    createLooker(createClient(io), io.clock, () => all),
    interval,
    io,
    {
      async seen({ at, rooms, bots }) {
        if (isMissing) print(io.err, paint('dim', 'answered again'));
        isMissing = false;
        await writeLine(io, JSON.stringify({ at, rooms: sortRooms(rooms, sort), bots }));
      },
      missed(why) {
        if (!isMissing) print(io.err, paint('yellow', safe(why) as string));
        isMissing = true;
      },
    },
  );
}

function intervalOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= MIN_INTERVAL_MS && ms <= MAX_INTERVAL_MS) return ms;
  throw new CliError(`expected --interval to be a duration from 100ms to 1h, such as 2s, got "${text}"`, 2);
}
