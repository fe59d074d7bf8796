import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Call, Calls, StoreOptions } from './sqlite-protocol.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { openDatabase, whyRefused } from './sqlite-schema.ts';
import { SqliteTrimmer } from './sqlite-trimmer.ts';
import { SqliteWriter } from './sqlite-writer.ts';

type Handlers = { readonly [K in keyof Calls]: (request: Calls[K]['request']) => Calls[K]['reply'] };

const port = parentPort;
if (port === null) throw new Error('sqlite-worker.ts runs as a worker thread');
const say = (answer: Answer) => port.postMessage(answer);

/** The thread that owns the database: synchronous calls here stall nobody but each other. */
function serve(options: StoreOptions): void {
  const { db, epoch } = openDatabase(options);
  const writer = new SqliteWriter(db);
  const reader = new SqliteReader(db, writer);
  const trimmer = new SqliteTrimmer(db);
  const handlers: Handlers = {
    commit: (request) => writer.commit(request),
    read: (request) => reader.read(request),
    newest: (roomId) => reader.newest(roomId),
    first: () => reader.first(),
    offsetBefore: (time) => reader.offsetBefore(time),
    documents: (which) => reader.documents(which),
    trim: (retention) => trimmer.step(retention),
    close: () => {
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
      say({ number: call.number, error: error instanceof Error ? error.message : String(error) });
    }
  });
  say({ opened: { epoch, last: writer.last } });
}

const options: StoreOptions = workerData;
try {
  serve(options);
} catch (error) {
  say({ refused: whyRefused(error, options.file) });
}
