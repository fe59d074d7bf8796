import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../helpers/daemon.ts';

/** A folder with one topic of the operator's, whose payload is a number. */
export async function ownTopicsFolder(id: string): Promise<string> {
  const folder = join(await temporaryFolder(), 'topics');
  await mkdir(folder);
  const descriptor = {
    id,
    version: 1,
    description: 'A topic of our own.',
    class: 'authoritative',
    piiLevel: 0,
    redact: [],
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['number'],
      properties: { number: { type: 'integer' } },
    },
    examples: [{ number: 1 }],
    counterexamples: [{ number: 'one' }],
  };
  await writeFile(join(folder, `${id}.json`), JSON.stringify(descriptor));
  return folder;
}
