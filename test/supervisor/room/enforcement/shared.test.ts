import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { Shared } from '../../../../supervisor/room/enforcement/shared.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('what is shared is kept as long as somebody uses it, and no longer', async () => {
  const shared = new Shared<{ name: string }>();
  const used = shared.get('used', () => ({ name: 'used' }));
  for (let i = 0; i < 100; i++) shared.get(`unused ${i}`, () => ({ name: `${i}` }));
  expect(shared.size).toBe(101);
  while (shared.size > 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  expect(shared.get('used', () => ({ name: 'another' }))).toBe(used);
  expect(shared.get('unused 1', () => ({ name: 'new' })).name).toBe('new');
});
