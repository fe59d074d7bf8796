import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { root, temporaryFolder } from '../../helpers/daemon.ts';

const run = promisify(execFile);
const build = (folder: string) => run(process.execPath, [join(root, 'scripts/build.ts'), folder], { cwd: root });

describe('the bundles', () => {
  it('are replaced one by one, so that what runs from them misses none', async () => {
    const folder = await temporaryFolder();
    await build(folder);
    const bot = () => readFile(join(folder, 'bot.cjs'), 'utf8').catch(() => 'absent');
    const before = await bot();
    await writeFile(join(folder, 'stale-ABCDEFGH.js'), '');
    let building = true;
    const again = build(folder).finally(() => {
      building = false;
    });
    const seen = new Set<string>();
    while (building) {
      seen.add(await bot());
      await setImmediate();
    }
    await again;
    const whole = new Set([before, await bot()]);
    expect([...seen].filter((text) => !whole.has(text)).map((text) => text.slice(0, 20))).toEqual([]);
    expect(whole).not.toContain('absent');
    await expect(stat(join(folder, 'stale-ABCDEFGH.js'))).rejects.toThrow('ENOENT');
    expect((await stat(join(folder, 'roomd.js'))).mode & 0o111).toBe(0o111);
  });

  it('are stamped with the time from which on a change of a source asks for the next', async () => {
    const folder = await temporaryFolder();
    await build(folder);
    const [stamp, bot] = await Promise.all(['.built', 'bot.cjs'].map((name) => stat(join(folder, name))));
    expect(stamp?.mtimeMs).toBeLessThanOrEqual(bot?.mtimeMs ?? 0);
  });
});

describe('the published package, with its dependencies and nothing else', () => {
  async function install() {
    const home = await temporaryFolder();
    await Promise.all([
      build(join(home, 'dist')),
      cp(join(root, 'spec'), join(home, 'spec'), { recursive: true }),
      writeFile(join(home, 'package.json'), JSON.stringify(packageJson)),
    ]);
    for (const name of Object.keys(packageJson.dependencies)) {
      const link = join(home, 'node_modules', name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(join(root, 'node_modules', name), link);
    }
    return (...argv: string[]) => run(process.execPath, [join(home, 'dist/roomd.js'), ...argv], { cwd: home });
  }

  it('checks the spec but for the generated types, and says that writing them needs a checkout', async () => {
    const roomd = await install();
    const { stdout, stderr } = await roomd('spec', 'check');
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(stderr).toContain('the generated types are left out');
    await expect(roomd('spec', 'codegen')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^roomd: expected the package json-schema-to-typescript.* in a checkout of roomd/),
    });
  });
});
