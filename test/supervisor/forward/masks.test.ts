import { expect, it } from 'vitest';
import { clientOf, fails, startStandIn } from './eventbridge-stand-in.ts';
import { balanced, passing, rig } from './rig.ts';

/** One code a class: that every code is in its class stands in classify.test.ts. */
it.each(['ThrottlingException', 'ExpiredToken', 'MalformedDetail'])(
  'whichever of ten entries fail with %s, over the wire: those and only those are sent again or set aside',
  { timeout: 60_000 },
  async (code) => {
    const standIn = await startStandIn();
    const target = clientOf(standIn);
    const { pump, clock, many } = await rig({ target, settings: { concurrency: 1 } });
    const poisoned = new Set<string>();
    for (let mask = 1; mask < 1_024; mask++) {
      const failing = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((bit) => mask & (1 << bit));
      standIn.requests.length = 0;
      standIn.taken.length = 0;
      standIn.faults.push(fails(code, standIn.taken, ...failing));
      const ids = await many(10);
      await passing(clock, () => pump.accounting().pending === 0);
      const failed = failing.map((index) => ids[index] ?? '');
      if (code === 'MalformedDetail') {
        for (const id of failed) poisoned.add(id);
        expect(standIn.requests).toHaveLength(1);
        expect(standIn.taken).toEqual(ids.filter((id) => !failed.includes(id)));
      } else {
        expect(standIn.taken).toEqual([...ids.filter((id) => !failed.includes(id)), ...failed]);
      }
      expect(balanced(pump)).toBe(true);
    }
    const { delivered, deadLettered } = pump.accounting();
    expect({ delivered, deadLettered }).toEqual({ delivered: 10_230 - poisoned.size, deadLettered: poisoned.size });
    await pump.stop(1_000);
    await target.close();
  },
);
