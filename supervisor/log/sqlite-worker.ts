import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { DiskFullError } from './errors.ts';
import { Ballast } from './sqlite-ballast.ts';
import { Place } from './sqlite-place.ts';
import type { Answer, Call, Calls, StoreOptions } from './sqlite-protocol.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { openDatabase, whyRefused } from './sqlite-schema.ts';
import { forgetDeleted } from './sqlite-scrub.ts';
import { isFull, Space } from './sqlite-space.ts';
import { SqliteTrimmer } from './sqlite-trimmer.ts';
import { SqliteWriter } from './sqlite-writer.ts';

type Handlers = { readonly [K in keyof Calls]: (request: Calls[K]['request']) => Calls[K]['reply'] };

const port = parentPort;
if (port === null) throw new Error('sqlite-worker.ts runs as a worker thread');
const say = (answer: Answer) => port.postMessage(answer);

/** The thread that owns the database: synchronous calls here stall nobody but each other. */
function serve(options: StoreOptions): void {
  const folder = dirname(options.file);
  const { db, epoch, ballast } = open(options, folder);
  const place = new Place(options.file);
  const space = new Space(db, ballast, folder, options.ballast, (held) => say({ ballast: held }));
  const writer = new SqliteWriter(db);
  const reader = new SqliteReader(db, writer);
  const trimmer = new SqliteTrimmer(db);
  const handlers: Handlers = {
    commit: (request) => {
      const commit = () => writer.commit(request);
      return request.json.length > 0 ? space.writeRecords(commit) : space.write(commit);
    },
    read: (request) => reader.read(request),
    newest: (roomId) => reader.newest(roomId),
    first: () => reader.first(),
    offsetBefore: (time) => reader.offsetBefore(time),
    documents: (which) => reader.documents(which),
    trim: (retention) => {
      const step = space.write(() => trimmer.step(retention));
      if (step.done) space.restock();
      return step;
    },
    displaced: () => place.problem() ?? null,
    close: () => {
      forgetDeleted(db);
      db.close();
      port?.close();
      return null;
    },
  };
  port?.on('message', (call: Call) => {
    try {
      // One call, one handler of its kind: Calls ties them together.
      const handle = handlers[call.kind] as (request: unknown) => Calls[keyof Calls]['reply'];
      say({ number: call.number, reply: handle(call.request) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      say({ number: call.number, error: message, full: error instanceof DiskFullError });
    }
  });
  say({ opened: { epoch, last: writer.last, ballast: ballast.held } });
}

/** The database first: while another process owns it, the ballast is that one's too. */
function open(options: StoreOptions, folder: string): ReturnType<typeof openDatabase> & { ballast: Ballast } {
  const makeBallast = () => new Ballast(folder, options.ballast);
  try {
    return { ...openDatabase(options), ballast: makeBallast() };
  } catch (error) {
    if (!isFull(error)) throw error;
    const ballast = makeBallast();
    if (!ballast.spend()) throw error;
    return { ...openDatabase(options), ballast };
  }
}

const options: StoreOptions = workerData;
try {
  serve(options);
} catch (error) {
  say({ refused: whyRefused(error, options.file) });
}
