import { constants, renameSync, writeFileSync } from 'node:fs';
import { lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOM_ID } from '../../spec/room-id.ts';
import { newId } from '../base/ids.ts';
import type { Origin } from '../intake/stamper.ts';
import { type ComposedSnapshot, writeSnapshot } from '../policy/snapshot.ts';
import type { OriginKey, Statement } from './origin-key.ts';

const name = z.string().max(128).optional();
const originShape = z.strictObject({
  roomId: z.string().regex(ROOM_ID),
  attempt: z.int().positive(),
  assistantId: name,
  tenantId: name,
  local: z.literal(true).optional(),
});
const signedShape = z.strictObject({ origin: originShape, signature: z.string() });
const processShape = z.strictObject({
  pid: z.int().positive(),
  startTime: z.int().nonnegative(),
  bootId: z.string().max(64),
});
const signedProcessShape = z.strictObject({ process: processShape, signature: z.string() });
/** Far more than either takes. */
const MAX_SIGNED_BYTES = 16_384;

/** Of a run, which is always one of a room. */
export type RunOrigin = Origin & { readonly roomId: string };

/** The process of a run, for good: its number may be another's later. `startTime` in ticks since that boot. */
export type RunProcess = Readonly<z.infer<typeof processShape>>;

/** What a run has on disk while its bot lives, and until all that the bot left there is in the log. */
export class RunFolder {
  readonly runId: string;
  readonly path: string;
  readonly #parent: string;
  readonly #key: OriginKey;

  constructor(data: string, runId: string, key: OriginKey) {
    this.runId = runId;
    this.#parent = runsFolder(data);
    this.path = join(this.#parent, runId);
    this.#key = key;
  }

  get policy(): string {
    return join(this.path, 'policy.json');
  }

  /** Where the bot leaves authoritative events that were not acknowledged. */
  get spill(): string {
    return join(this.path, 'unacknowledged.jsonl');
  }

  get #origin(): string {
    return join(this.path, 'origin.json');
  }

  get #process(): string {
    return join(this.path, 'process.json');
  }

  /** Before the process starts. */
  async make(): Promise<void> {
    // Somebody may have tidied up.
    await mkdir(this.#parent, { recursive: true, mode: 0o700 });
    await mkdir(this.path, { mode: 0o700 });
  }

  /**
   * Before the bot has its room: what it has to read, and whose events are to be found here later. At once, in a tenth
   * of a millisecond: a bot that waits for its room would wait ten times as long for the threads that write otherwise.
   */
  fill(runOrigin: RunOrigin, snapshot: ComposedSnapshot): void {
    const { runId: _, ...origin } = runOrigin;
    const signed = { origin, signature: this.#key.sign(runOrigin) };
    writeSnapshot(this.policy, snapshot);
    writeFileSync(this.#origin, `${JSON.stringify(signed)}\n`, { mode: 0o600, flag: 'wx' });
  }

  /** Another snapshot in the place of the one that fill() wrote. At once: what follows is said to the bot after it. */
  replacePolicy(snapshot: ComposedSnapshot): void {
    const temporary = join(this.path, `.policy-${newId()}`);
    writeSnapshot(temporary, snapshot);
    renameSync(temporary, this.policy);
  }

  /**
   * When the process has started: a program that overwrites its environment is told by this. It can write here by now,
   * so whatever it may have put in the way is replaced. Rejects when that can't be done; to be awaited before remove().
   */
  async recordProcess({ pid, startTime, bootId }: RunProcess): Promise<void> {
    const process = { pid, startTime, bootId };
    const signature = this.#key.sign(this.#statement(process));
    const temporary = join(this.path, `.process-${newId()}`);
    await writeFile(temporary, `${JSON.stringify({ process, signature })}\n`, { mode: 0o600, flag: 'wx' });
    await rename(temporary, this.#process);
  }

  /**
   * What recordProcess() wrote; undefined when that isn't there, isn't what it wrote, or was written elsewhere: the
   * process is the original's, not its copy's. Never rejects.
   */
  async process(): Promise<RunProcess | undefined> {
    const text = await readStart(this.#process).catch(() => '');
    const { data } = signedProcessShape.safeParse(parse(text));
    if (data === undefined) return undefined;
    return this.#key.fits(this.#statement(data.process), data.signature) ? data.process : undefined;
  }

  #statement(process: RunProcess): Statement {
    return { ...process, runId: this.runId, path: this.path };
  }

  /** Whether it ever had a room: a process that waits for one has a folder too. */
  async hasOrigin(): Promise<boolean> {
    return isThere(this.#origin);
  }

  /** Whether the bot has left anything. */
  async hasSpill(): Promise<boolean> {
    return isThere(this.spill);
  }

  /** Throws when nobody can say whose run it was: what stands here may be the bot's as well as ours. */
  async origin(): Promise<RunOrigin> {
    const signed = signedShape.safeParse(parse(await readStart(this.#origin)));
    if (signed.success) {
      const origin = { ...signed.data.origin, runId: this.runId };
      if (this.#key.fits(origin, signed.data.signature)) return origin;
    }
    throw new Error(
      'expected origin.json to be signed by this log for this run: a bot has changed it, or the log is new',
    );
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

export function runsFolder(data: string): string {
  return join(data, 'runs');
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without waiting, without following, and not without end: the bot may have put anything there. */
async function readStart(path: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAX_SIGNED_BYTES) });
  return buffer.toString('utf8', 0, bytesRead);
}
