import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOM_ID } from '../../spec/room-id.ts';
import type { Origin } from '../intake/stamper.ts';
import { type ComposedSnapshot, writeSnapshot } from '../policy/snapshot.ts';

const name = z.string().max(128).optional();
const originShape = z.strictObject({
  roomId: z.string().regex(ROOM_ID),
  attempt: z.int().positive(),
  assistantId: name,
  tenantId: name,
});

/** Of a run, which is always one of a room. */
export type RunOrigin = Origin & { readonly roomId: string };

/** What a run has on disk while its bot lives, and until all that the bot left there is in the log. */
export class RunFolder {
  readonly runId: string;
  readonly path: string;

  constructor(data: string, runId: string) {
    this.runId = runId;
    this.path = join(runsFolder(data), runId);
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

  /** Before the bot starts: what it has to read, and whose events are to be found here later. */
  async create({ runId: _, ...origin }: RunOrigin, snapshot: ComposedSnapshot): Promise<void> {
    await mkdir(this.path, { mode: 0o700 });
    await Promise.all([
      writeSnapshot(this.policy, snapshot),
      writeFile(this.#origin, `${JSON.stringify(origin)}\n`, { mode: 0o600, flag: 'wx' }),
    ]);
  }

  /** Throws when nobody can say whose run it was. */
  async origin(): Promise<RunOrigin> {
    const origin = originShape.parse(JSON.parse(await readFile(this.#origin, 'utf8')));
    return { ...origin, runId: this.runId };
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

export function runsFolder(data: string): string {
  return join(data, 'runs');
}
