import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configured } from '../doctor/rig.ts';
import { call } from './rig.ts';

describe('roomd doctor', () => {
  it('prints one object a check where no person is looking', async () => {
    const { file, folder } = await configured();
    const { code, out } = await call(['doctor', '--config', file], { cwd: folder });
    const told = out.lines.map((line) => JSON.parse(line) as { check: string; status: string; found: string });
    expect(told[0]).toEqual({ check: 'Node', status: 'ok', found: process.versions.node });
    expect(told.map(({ check }) => check)).toEqual(expect.arrayContaining(['data folder', 'browser', 'daemon']));
    expect(code).toBe(0);
  });

  it('prints aligned lines for a person, with what to do, and ends with 1 when something fails', async () => {
    const { file, folder } = await configured({ policy: { layers: ['nowhere.yaml'] } });
    const { code, out, err } = await call(['doctor', '--config', file], { cwd: folder, tty: true });
    const { lines } = out;
    expect(lines[0]).toBe(`ok       Node            ${process.versions.node}`);
    const at = lines.findIndex((line) => line.startsWith('fail     policy          '));
    expect(lines[at + 1]).toMatch(/^ {25}→ mend the source/);
    expect(lines.at(-1)).toBe('1 check fails');
    expect(code).toBe(1);
    expect(err.text).toBe('');
  });

  it('says that all is well where it is, and what there is none of', async () => {
    const { file, folder } = await configured();
    const asked = ['doctor', '--config', file, '--data', join(folder, 'elsewhere')];
    const { code, out } = await call(asked, { cwd: folder, tty: true });
    expect([code, out.lines.at(-1)]).toEqual([0, 'all is well; no Daily calls: no key in DAILY_API_KEY']);
    expect(out.text).toContain(`${join(folder, 'elsewhere')} will be made`);
  });

  it('tells about a configuration that is not there', async () => {
    const { folder } = await configured();
    const { code, out } = await call(['doctor', '--config', 'nowhere.yaml', '--json'], { cwd: folder, tty: true });
    const told = out.lines.map((line) => JSON.parse(line) as { check: string; found: string });
    expect(told.find(({ check }) => check === 'configuration')?.found).toContain('nowhere.yaml');
    expect(code).toBe(1);
  });
});
