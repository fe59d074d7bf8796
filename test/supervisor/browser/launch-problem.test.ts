import { expect, it } from 'vitest';
import { launchProblem } from '../../../supervisor/browser/host/launch-problem.ts';

const at = { browser: '/usr/bin/chromium', sandbox: true };
const log = (...lines: string[]) =>
  new Error(
    [
      'browserType.launch: Target page, context or browser has been closed',
      'Browser logs:',
      '<launching> /usr/bin/chromium --disable-field-trial-config --proxy-server=http://a:hunter2@proxy',
      ...lines,
      'Call log:',
      ...lines.map((line) => `\u001b[2m  - ${line}\u001b[22m`),
    ].join('\n'),
  );

it.each([
  '[pid=7][err] [1:1:ERROR:zygote_host_impl_linux.cc(101)] Running as root without --no-sandbox is not supported. See https://crbug.com/638180.',
  '[pid=7][err] FATAL:zygote_host_impl_linux.cc(128)] No usable sandbox! If you are running on Ubuntu 23.10+',
  '[pid=7][err] Failed to move to new namespace: PID namespaces supported, Network namespace supported, but failed: errno = Operation not permitted',
])('knows a sandbox that cannot be built: %s', (line) => {
  expect(launchProblem(log(line), at)).toMatch(
    /^\/usr\/bin\/chromium could not build its sandbox: .*user\.max_user_namespaces/,
  );
});

it('tells what the process wrote at last, once, and how it ended', () => {
  const lines = [
    '[pid=7][err] one',
    '[pid=7][err] two',
    '[pid=7][err] three',
    '[pid=7] <process did exit: exitCode=1, signal=null>',
  ];
  expect(launchProblem(log(...lines), at)).toBe(
    '/usr/bin/chromium: expected a Chromium that starts and takes commands, got: two / three / exitCode=1, signal=null; see connectors.daily.browser (path, args)',
  );
});

it('tells what the launcher says where there was no process, without the arguments', () => {
  expect(
    launchProblem(
      new Error('browserType.launch: Failed to launch: Error: spawn /etc/passwd EACCES\nCall log:\n x'),
      at,
    ),
  ).toContain('got: Failed to launch: Error: spawn /etc/passwd EACCES;');
  expect(launchProblem(log(), at)).not.toContain('hunter2');
});
