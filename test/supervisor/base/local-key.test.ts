import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLocalKey } from '../../../supervisor/base/local-key.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';

it('the key of a folder stays, is its own, and only its owner may read it', async () => {
  const folder = await temporaryFolder();
  const key = await openLocalKey(folder);
  expect(key).toHaveLength(32);
  expect(await openLocalKey(folder)).toEqual(key);
  expect(await openLocalKey(await temporaryFolder())).not.toEqual(key);
  expect((await stat(join(folder, 'local.key'))).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['local.key']);
});

it('what is left of one that was half made does no harm, and what is no key is not taken for one', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, `local.key.${process.pid}.new`), 'half');
  await openLocalKey(folder);
  expect(await readdir(folder)).toEqual(['local.key']);
  await writeFile(join(folder, 'local.key'), 'short');
  await expect(openLocalKey(folder)).rejects.toThrow('expected 64 hexadecimal digits');
});
