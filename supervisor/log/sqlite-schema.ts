import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StoreOptions } from './sqlite-protocol.ts';

const VERSION = 2;

/** Offsets per span: one row of `spans` bounds the times of so many neighbours, at a fraction of an index's cost. */
export const SPAN = 1_024;

const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE rooms (
    room INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    trimmed INTEGER NOT NULL DEFAULT 0 -- highest offset that retention removed
  );
  CREATE TABLE events (
    offset INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    topic TEXT NOT NULL,
    id TEXT NOT NULL,
    ts REAL NOT NULL,
    received_at REAL NOT NULL,
    json TEXT NOT NULL,
    telemetry INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE spans (start INTEGER PRIMARY KEY, oldest REAL NOT NULL, newest REAL NOT NULL);
  CREATE TABLE documents (key TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
`;

/** Each ordered by offset within a room. An event is in one of them: two cost no more to write than one. */
const INDEXES = `
  CREATE INDEX authoritative_by_room ON events (room) WHERE telemetry = 0;
  CREATE INDEX telemetry_by_room ON events (room) WHERE telemetry = 1;
`;

/** From version 1. What it holds counts as authoritative: telling it apart would take a look at every event. */
const UPGRADE = `
  ALTER TABLE events ADD COLUMN telemetry INTEGER NOT NULL DEFAULT 0;
  DROP INDEX events_by_room;
`;

/** A refusal that is already in words for the operator. */
class Refusal extends Error {}

/** Opens or makes the database, and takes it for this process alone until it is closed or the process ends. */
export function openDatabase({ file, maxPages }: StoreOptions): { db: DatabaseSync; epoch: string } {
  createPrivate(file);
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    // Exclusive before the first access: the kernel holds the lock, so that it goes with its process.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    // Measured: larger pages write fewer index pages a group, longer logs copy each of them back less often.
    db.exec('PRAGMA page_size = 8192');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA wal_autocheckpoint = 1000');
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA cache_size = -4096');
    db.exec('PRAGMA journal_size_limit = 67108864');
    // What is deleted is overwritten, in freed pages too: documents may hold what is secret.
    db.exec('PRAGMA secure_delete = ON');
    if (maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${maxPages}`);
    db.exec('BEGIN EXCLUSIVE');
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (version > VERSION) {
      throw new Refusal(
        `expected log schema ${VERSION} or older, got ${version}: ${file} was written by a newer roomd; run that one`,
      );
    }
    if (version === 0) create(db);
    else if (version < VERSION) upgrade(db);
    db.exec('COMMIT');
    return { db, epoch: String(db.prepare("SELECT value FROM meta WHERE key = 'epoch'").get()?.value) };
  } catch (error) {
    db.close();
    throw error;
  }
}

function create(db: DatabaseSync): void {
  db.exec(SCHEMA + INDEXES);
  db.prepare("INSERT INTO meta VALUES ('epoch', ?)").run(randomBytes(9).toString('base64url'));
  db.exec(`PRAGMA user_version = ${VERSION}`);
}

function upgrade(db: DatabaseSync): void {
  db.exec(UPGRADE + INDEXES);
  db.exec(`PRAGMA user_version = ${VERSION}`);
}

/** SQLite gives the files beside the database its mode. */
function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    // Never opened here when it exists: closing it again would drop every lock that this process holds on it.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    chmodSync(file, 0o600);
  }
}

const BUSY = 5;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

/** Why the log can't be opened, in words for the operator. */
export function whyRefused(error: unknown, file: string): string {
  if (error instanceof Refusal) return error.message;
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
  if (code === BUSY) {
    return `another roomd owns this data folder: it holds ${file}; stop it, or choose another folder with --data`;
  }
  if (code === NOT_A_DATABASE || code === CORRUPT) {
    return `${file} is damaged or no log of roomd's: move it away to start with an empty one, or restore a copy`;
  }
  return `cannot open the log ${file}: ${error instanceof Error ? error.message : String(error)}`;
}
