import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { BrowserError } from '../../../supervisor/browser/api.ts';
import { findBrowser } from '../../../supervisor/browser/find.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';

async function program(folder: string, name: string, mode = 0o755): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), '', { mode });
  return join(folder, name);
}

it('finds the smallest one, wherever on the PATH it is', async () => {
  const folder = await temporaryFolder();
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  const path = [a, b].join(delimiter);
  const chrome = await program(a, 'google-chrome');
  expect(findBrowser(undefined, path)).toBe(chrome);
  const small = await program(b, 'chromium-headless-shell');
  expect(findBrowser(undefined, path)).toBe(small);
});

it('takes the one that it is given, whatever the PATH has', async () => {
  const folder = await temporaryFolder();
  const own = await program(folder, 'own');
  await program(folder, 'chromium');
  expect(findBrowser(own, folder)).toBe(own);
});

it('passes by what cannot be run, and relative folders', async () => {
  const folder = await temporaryFolder();
  await program(folder, 'chromium', 0o644);
  await mkdir(join(folder, 'chromium-browser'));
  expect(() => findBrowser(undefined, `${folder}${delimiter}.`)).toThrow(BrowserError);
  expect(() => findBrowser(undefined, undefined)).toThrow(/expected chromium-headless-shell or .*; install one/);
});

it('says what is wrong with the one that it is given', async () => {
  const folder = await temporaryFolder();
  const plain = await program(folder, 'plain', 0o644);
  expect(() => findBrowser(join(folder, 'none'), folder)).toThrow(
    /none: expected a Chromium .* got ENOENT; .*browser\.path/,
  );
  expect(() => findBrowser(folder, folder)).toThrow('got no file');
  expect(() => findBrowser(plain, folder)).toThrow('got EACCES');
  expect(() => findBrowser('chromium', folder)).toThrow('got a relative path');
});
