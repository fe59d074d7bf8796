import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../helpers/daemon.ts';
import { tracesIn } from '../../helpers/traces.ts';

const SECRET = 'Qzx-s3cret-value';

/** What the daemon's logger writes, in a process of its own. */
function logged(isTTY: boolean, env: Record<string, string> = {}): string {
  const script = `
    import { openLogger } from ${JSON.stringify(join(root, 'supervisor/cli/logger.ts'))};
    const log = await openLogger({ err: { isTTY: ${isTTY} }, env: ${JSON.stringify({ NO_COLOR: '1', ...env })} });
    log.debug('in detail');
    log.info({ roomId: 'a\\n[00:00:00.000] FATAL: forged\\u001b[2J' }, 'said');
    log.error({ err: Object.assign(new Error('failed'), { body: '${SECRET}' }), url: 'http://x/?token=${SECRET}' }, 'unexpected error');
    log.flush(() => process.exit());
  `;
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  return stderr;
}

it.each([false, true])('the log holds one line a text and nothing that hangs on an error (terminal: %s)', (isTTY) => {
  const text = logged(isTTY);
  expect(text).toContain('unexpected error');
  expect(text).toContain('failed');
  expect(tracesIn(text, [SECRET])).toEqual([]);
  expect(text).not.toContain('\u001b');
  expect(text).not.toMatch(/^\[00:00:00\.000\] FATAL/m);
  expect(text).not.toContain('in detail');
});

it('LOG_LEVEL says how much, and info is enough where it says nothing known', () => {
  expect(logged(false, { LOG_LEVEL: 'DEBUG' })).toContain('in detail');
  expect(logged(false, { LOG_LEVEL: 'error' })).not.toContain('said');
  for (const level of ['', 'loud', 'constructor']) {
    const text = logged(false, { LOG_LEVEL: level });
    expect([text.includes('said'), text.includes('in detail')]).toEqual([true, false]);
  }
});
