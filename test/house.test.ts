import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './helpers/daemon.ts';

/** Folder → what it may import besides itself. The longest matching prefix rules. ARCHITECTURE.md explains it. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'spec/runtime/': ['spec/envelope', 'spec/generated/', 'spec/topic.ts'],
  'spec/codegen/': ['spec/'],
  'spec/': [],
  'bot/': ['spec/'],
  'supervisor/base/': ['spec/'],
  'supervisor/child/': ['spec/', 'supervisor/base/'],
  'supervisor/log/': ['spec/', 'supervisor/base/'],
  'supervisor/policy/': ['spec/', 'supervisor/base/'],
  'supervisor/recordings/': ['spec/'],
  'supervisor/gateway/': [
    'spec/',
    'supervisor/base/',
    'supervisor/room/api.ts',
    'supervisor/log/port.ts',
    'supervisor/log/live.ts',
    'supervisor/log/position.ts',
  ],
  'supervisor/browser/': ['spec/', 'supervisor/base/', 'supervisor/child/port.ts', 'supervisor/child/lines.ts'],
  'supervisor/daily/': [
    'spec/',
    'supervisor/base/',
    'supervisor/room/api.ts',
    'supervisor/room/access.ts',
    'supervisor/browser/api.ts',
  ],
  'supervisor/assistants/': ['spec/', 'supervisor/base/'],
  'supervisor/doctor/': [
    'spec/',
    ...['assistants', 'base', 'browser', 'child', 'daily', 'forward', 'policy'].map((name) => `supervisor/${name}/`),
    'supervisor/config.ts',
    'supervisor/own-bot.ts',
  ],
  'supervisor/console/': [
    'spec/',
    'supervisor/room/api.ts',
    'supervisor/forward/api.ts',
    'supervisor/gateway/api.ts',
    'supervisor/cli/render.ts',
    'supervisor/cli/text.ts',
  ],
  'supervisor/intake/': ['spec/', 'supervisor/base/', 'supervisor/log/port.ts'],
  'supervisor/room/': [
    'spec/',
    'supervisor/base/',
    'supervisor/child/port.ts',
    'supervisor/child/lines.ts',
    'supervisor/child/processes-port.ts',
    'supervisor/log/port.ts',
    'supervisor/intake/',
    'supervisor/policy/',
    'supervisor/assistants/api.ts',
  ],
  'supervisor/forward/': ['spec/', 'supervisor/base/', 'supervisor/log/port.ts', 'supervisor/log/position.ts'],
  'supervisor/http/': [
    'spec/',
    'supervisor/base/',
    'supervisor/room/api.ts',
    'supervisor/log/port.ts',
    'supervisor/log/live.ts',
    'supervisor/log/position.ts',
    'supervisor/forward/api.ts',
    'supervisor/recordings/api.ts',
    'supervisor/gateway/api.ts',
    'supervisor/daily/api.ts',
  ],
  'supervisor/cli/': [
    'spec/',
    'supervisor/base/',
    'supervisor/config.ts',
    'supervisor/policy/',
    'supervisor/room/api.ts',
    'supervisor/forward/api.ts',
    'supervisor/recordings/api.ts',
    'supervisor/doctor/',
  ],
  'supervisor/config': ['spec/', 'supervisor/base/', 'supervisor/config'],
  'supervisor/own-bot.ts': [],
  'supervisor/main.ts': ['spec/', 'supervisor/cli/', 'supervisor/daemon.ts', 'package.json'],
  'supervisor/daemon': [
    'spec/',
    ...['assistants', 'base', 'browser', 'child', 'daily', 'forward', 'gateway', 'http', 'intake', 'log', 'policy'].map(
      (name) => `supervisor/${name}/`,
    ),
    'supervisor/recordings/',
    'supervisor/room/',
    'supervisor/config.ts',
    'supervisor/own-bot.ts',
    'package.json',
  ],
  'scripts/': ['spec/', 'bot/', 'supervisor/', 'test/'],
};

const sources = globSync('{spec,bot,supervisor,scripts}/**/*.{ts,tsx}', { cwd: root }).sort();

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(
    /^\s*(?:import|export)\b[^'"]*?from\s+['"](\.[^'"]+)['"]|\bimport(?:\(\s*|\s+)['"](\.[^'"]+)['"]/gm,
  );
  return [...found].map(([, from, dynamic]) => relative(root, join(root, dirname(file), from ?? dynamic ?? '')));
}

function ruleOf(file: string): [string, readonly string[]] {
  const prefix = Object.keys(MAY_IMPORT)
    .filter((candidate) => file.startsWith(candidate))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix === undefined) throw new Error(`${file} has no rule: add its folder to ARCHITECTURE.md and here`);
  return [prefix, MAY_IMPORT[prefix] ?? []];
}

describe('the house', () => {
  it('has sources to look at', () => expect(sources.length).toBeGreaterThan(50));

  it.each(sources)('%s imports only what its folder may', (file) => {
    const [own, allowed] = ruleOf(file);
    const broken = importsOf(file).filter(
      (target) => !target.startsWith(own) && !allowed.some((prefix) => target.startsWith(prefix)),
    );
    expect(broken).toEqual([]);
  });

  it('takes time and chance only from the clock it is given', () => {
    const AMBIENT = /\bDate\.now\(|\bnew Date\(\)|\bset(?:Timeout|Interval)\(|\bperformance\.now\(|\bMath\.random\(/;
    const offenders = sources.filter(
      (file) =>
        !file.startsWith('scripts/') &&
        file !== 'spec/runtime/clock.ts' &&
        AMBIENT.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(offenders).toEqual([]);
  });

  it('ends the process in its entries only', () => {
    const offenders = sources.filter(
      (file) => !file.startsWith('scripts/') && /process\.exit\b\(/.test(readFileSync(join(root, file), 'utf8')),
    );
    const entries = ['bot/main.ts', 'supervisor/browser/host/main.ts', 'supervisor/main.ts'];
    expect(offenders.filter((file) => !entries.includes(file))).toEqual([]);
  });

  it('imports the daemon only from its entry', () => {
    const importers = sources.filter((file) => importsOf(file).includes('supervisor/daemon.ts'));
    expect(importers.filter((file) => !file.startsWith('scripts/')).length).toBe(1);
  });
});
