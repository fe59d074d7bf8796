import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PolicyLayer } from '../../../spec/policy.ts';
import { layersAbout } from '../../../supervisor/policy/order.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { openSources, policyServer, ROOM, version } from './rig.ts';

const chars = (maxChars: number) => `turns: { maxChars: ${maxChars} }\n`;

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe('files of layers', () => {
  it('are read by name and once, YAML and JSON, one layer or a list of them; hidden and other files are not', async () => {
    const folder = await folderOf({
      'b.json': '[{ "policyId": "first" }, { "turns": { "maxChars": 2 } }]',
      'a.yaml': chars(1),
      'c.yml': '{}',
      '.a.yaml.swp': 'x',
      '.#a.yaml': '[',
      'README.md': '#',
    });
    const { names, policies } = openSources([folder, join(folder, 'a.yaml')]);
    expect(await names()).toEqual(['a.yaml', 'first', 'b.json', 'c.yml']);
    expect(policies.problem).toBeUndefined();
  });

  it.each<[string, (file: string) => Promise<unknown>, string]>([
    ['that is not there', async () => {}, "can't be read (ENOENT)"],
    ['that is empty', (file) => writeFile(file, ' \n'), 'expected a layer, got nothing'],
    ['that is null', (file) => writeFile(file, '~'), 'the layer: Invalid input: expected object'],
    ['that is too large', (file) => writeFile(file, '{}').then(() => truncate(file, 2 ** 20 + 1)), 'at most 1 MiB'],
    ['that is no UTF-8', (file) => writeFile(file, Buffer.from([0x22, 0xff, 0x22])), 'expected UTF-8'],
    ['that is a pipe', async (file) => execFileSync('mkfifo', [file]), 'expected a regular file'],
    ['that is a device', (file) => symlink('/dev/zero', file), 'expected a regular file'],
    ['that is a link to nothing', (file) => symlink('/nowhere', file), "can't be read (ENOENT)"],
    [
      'that is no layer',
      (file) => writeFile(file, '[{}, { turns: { maxChars: secret } }]'),
      '1.turns.maxChars: Invalid',
    ],
    ['with a phrase as a key', (file) => writeFile(file, 'content: { secret: 1 }'), 'content: unknown key'],
    ['with a slip of the pen', (file) => writeFile(file, 'turns: { maxChar: 1 }'), 'turns: unknown key maxChar'],
    [
      'with a duration that is none',
      (file) => writeFile(file, 'attention: { cooldown: secret }'),
      'cooldown: expected a duration',
    ],
    [
      'with a pattern that is none',
      (file) => writeFile(file, 'tools: { allow: ["sec ret"] }'),
      'tools.allow.0: expected a name',
    ],
    ['that is no YAML', (file) => writeFile(file, 'secret: [\n  secret'), 'expected YAML, got BAD_INDENT at line 2'],
    [
      'with more layers than anybody has',
      (file) => writeFile(file, `[${'{},'.repeat(1_001)}]`),
      'at most 1000 layers, got 1001',
    ],
    [
      'with a key twice',
      (file) => writeFile(file, 'turns: {}\ntools: { deny: [a], "deny": [] }'),
      'one twice at line 2',
    ],
  ])('%s: rooms are refused with the reason, and nothing of the content', async (_, make, reason) => {
    const folder = await folderOf({ 'good.yaml': chars(1) });
    const file = join(folder, 'bad.yaml');
    await make(file);
    const rig = openSources([join(folder, 'good.yaml'), file]);
    const error = await rig.policies.layersFor(ROOM).catch((error: Error) => error);
    expect(error).toMatchObject({ name: 'PolicyError', message: expect.stringContaining(reason) });
    expect((error as Error).message).toContain(file);
    await rig.policies.start();
    expect(rig.policies.problem).toBe((error as Error).message);
    expect(rig.refused).toEqual([{ source: 'bad.yaml', reason: expect.stringContaining(reason) }]);
    expect(rig.lines.join('') + rig.refused[0]?.reason + (error as Error).message).not.toMatch(/secret|sec ret/);
  });

  it('of more than a thousand in a folder are refused', async () => {
    const folder = await temporaryFolder();
    await Promise.all(Array.from({ length: 1_001 }, (_, i) => writeFile(join(folder, `${i}.yaml`), '{}')));
    await expect(openSources([folder]).policies.layersFor(ROOM)).rejects.toThrow('expected at most 1000 files');
  });
});

describe('a change of files', () => {
  it('is told once it is sound; a bad one is told as such, once, and nothing else happens', async () => {
    const folder = await folderOf({ 'a.yaml': chars(1) });
    const file = join(folder, 'a.yaml');
    const rig = openSources([folder]);
    await rig.policies.start();
    await rig.policies.look();
    expect([rig.changes(), await rig.maxChars()]).toEqual([0, [1]]);
    await writeFile(file, chars(2));
    await rig.policies.look();
    await rig.policies.look();
    expect([rig.changes(), await rig.maxChars()]).toEqual([1, [2]]);

    await writeFile(file, 'turns: { maxChars: -1 }');
    for (let n = 0; n < 3; n++) await rig.policies.look();
    expect(rig.changes()).toBe(1);
    expect(rig.refused).toEqual([{ source: 'a.yaml', reason: expect.stringContaining('turns.maxChars: ') }]);
    expect(rig.policies.problem).toContain('a.yaml: turns.maxChars');
    await writeFile(file, 'turns: [');
    await rig.policies.look();
    expect(rig.refused).toHaveLength(2);

    await writeFile(file, chars(2));
    await rig.policies.look();
    expect([rig.changes(), rig.policies.problem]).toEqual([1, undefined]);
    expect(rig.lines.filter((line) => line.includes('can be used again'))).toHaveLength(1);
    await writeFile(file, chars(3));
    await rig.policies.look();
    expect(rig.changes()).toBe(2);
    expect(await rig.metrics.registry.metrics()).toContain('roomd_policy_reloads_total{result="refused"} 2\n');
  });

  it('is seen from time to time, by itself', async () => {
    const folder = await folderOf({ 'a.yaml': chars(1) });
    const rig = openSources([folder]);
    await rig.policies.start();
    const changed = new Promise<void>((resolve) => rig.policies.onChange(resolve));
    await writeFile(join(folder, 'a.yaml'), chars(2));
    rig.clock.advance(2_000);
    await changed;
    expect(rig.changes()).toBe(1);
  });

  it.each<[string, (folder: string) => Promise<unknown>]>([
    ['a new file', (folder) => writeFile(join(folder, 'b.yaml'), '{}')],
    ['a file that goes', (folder) => rm(join(folder, 'a.yaml'))],
    ['another name', (folder) => rename(join(folder, 'a.yaml'), join(folder, 'z.yaml'))],
    ['the same size and time', (folder) => rewrite(join(folder, 'a.yaml'), chars(9))],
  ])('is %s', async (_, change) => {
    const folder = await folderOf({ 'a.yaml': chars(1), 'c.yaml': chars(3) });
    await rewrite(join(folder, 'a.yaml'), chars(1));
    // The files are old enough to be taken for settled.
    const rig = openSources([folder], { clock: new FakeClock(4_000_000_000_000) });
    await rig.policies.start();
    await rig.policies.look();
    await change(folder);
    await rig.policies.look();
    expect(rig.changes()).toBe(1);
  });

  it('is a link that is swapped, as Kubernetes does', async () => {
    const folder = await temporaryFolder();
    for (const n of [1, 2]) {
      await mkdir(join(folder, `..${n}`));
      await writeFile(join(folder, `..${n}`, 'a.yaml'), chars(n));
      await rewrite(join(folder, `..${n}`, 'a.yaml'), chars(n));
    }
    await symlink('..1', join(folder, '..data'));
    await symlink('..data/a.yaml', join(folder, 'a.yaml'));
    const rig = openSources([folder], { clock: new FakeClock(4_000_000_000_000) });
    await rig.policies.start();
    await symlink('..2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await rig.policies.look();
    expect([rig.changes(), await rig.maxChars()]).toEqual([1, [2]]);
  });

  it('waits to be told until nothing else is wrong', async () => {
    const folder = await folderOf({ 'a.yaml': chars(1) });
    const server = await policyServer(version(chars(10)));
    const rig = openSources([folder, server.url]);
    await rig.policies.start();
    await rig.policies.look();
    expect(rig.changes()).toBe(1);
    await writeFile(join(folder, 'a.yaml'), 'x');
    await rig.policies.look();
    server.answer(version(chars(20)));
    await rig.policies.look();
    expect(rig.changes()).toBe(1);
    await writeFile(join(folder, 'a.yaml'), chars(1));
    await rig.policies.look();
    expect([rig.changes(), await rig.maxChars()]).toEqual([2, [1, 20]]);
  });

  it('is told when a room was given what was taken back before the next look', async () => {
    const folder = await folderOf({ 'a.yaml': chars(1) });
    const file = join(folder, 'a.yaml');
    const rig = openSources([folder]);
    await rig.policies.start();
    await writeFile(file, chars(2));
    expect(await rig.maxChars()).toEqual([2]);
    await writeFile(file, chars(1));
    await rig.policies.look();
    expect([rig.changes(), await rig.maxChars()]).toEqual([1, [1]]);
    await rig.policies.look();
    expect(rig.changes()).toBe(1);
  });

  it('reaches every listener, even when one of them fails', async () => {
    const folder = await folderOf({ 'a.yaml': chars(1) });
    const rig = openSources([folder]);
    rig.policies.onChange(() => {
      throw new Error('a listener');
    });
    const last = new Promise<void>((resolve) => rig.policies.onChange(resolve));
    await rig.policies.start();
    await writeFile(join(folder, 'a.yaml'), chars(2));
    await rig.policies.look();
    await last;
    expect(rig.lines.join('')).toContain('unexpected error');
  });
});

describe('the order of layers', () => {
  const layer = (policyId: string, match?: PolicyLayer['match']) => ({ policyId, ...(match && { match }) });
  const subject = { roomId: 'r', tenantId: 't', assistantId: 'a' };

  it('is files, addresses, tenant, assistant, room; otherwise as they come', () => {
    const layers = [
      { from: 'file', source: 's', layer: layer('room', { roomId: 'r', tenantId: 't' }) },
      { from: 'file', source: 's', layer: layer('assistant', { assistantId: 'a' }) },
      { from: 'remote', source: 's', layer: layer('tenant 1', { tenantId: 't' }) },
      { from: 'remote', source: 'https://rules.test/a', layer: {} },
      { from: 'file', source: 's', layer: layer('tenant 2', { tenantId: 't' }) },
      { from: 'file', source: 's', layer: layer('other', { roomId: 'r', tenantId: 'other' }) },
      { from: 'file', source: 'x'.repeat(200), layer: { match: {} } },
    ] as const;
    expect(layersAbout(subject, layers).map(({ name }) => name)).toEqual([
      'x'.repeat(128),
      'https://rules.test/a',
      'tenant 1',
      'tenant 2',
      'assistant',
      'room',
    ]);
    expect(layersAbout({ roomId: 'x' }, layers)).toHaveLength(2);
  });

  it('has an end: an event names them all', () => {
    const one = { from: 'file', source: 's', layer: {} } as const;
    expect(layersAbout(subject, Array(1_000).fill(one))).toHaveLength(1_000);
    expect(() => layersAbout(subject, Array(1_001).fill(one))).toThrow('expected at most 1000 policy layers');
  });
});

/** Writes over a file in its place and leaves its time as it was long ago. */
async function rewrite(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await utimes(file, 1_000_000, 1_000_000);
}
