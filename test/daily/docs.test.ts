import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../supervisor/config.ts';
import { root } from '../helpers/daemon.ts';

it.each(['docs/daily.md', 'README.md'])('%s shows configuration that roomd takes', (file) => {
  const examples = [...readFileSync(join(root, file), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)];
  expect(examples.length).toBeGreaterThan(1);
  for (const [, text = ''] of examples) loadConfig({ env: {}, cwd: root, flags: parse(text) });
});
