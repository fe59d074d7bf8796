import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PAGE_LINE } from '../../../spec/page-host.ts';
import { createFlow } from '../../../supervisor/browser/host/flow.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const report = (length: number) => JSON.stringify({ x: 'x'.repeat(length - 8) });

describe('what a page says', () => {
  it('passes as long as it is a JSON object without host', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const fault = createFlow(new FakeClock()).look(JSON.stringify(value));
        expect(fault === undefined).toBe(!Object.hasOwn(value, 'host'));
      }),
    );
  });

  it.each([
    '',
    'null',
    '17',
    '"host"',
    '[]',
    '[{"host":1}]',
    '{',
    '{"a":1}\n{"b":2}',
    '{"host":"ready"}',
    ' { "event":1, "h\\u006fst" : 1}',
  ])('ends with %j', (line) => expect(createFlow(new FakeClock()).look(line)).toContain('no JSON object of its own'));

  it('ends with a line too long, counted in bytes, and repeats nothing of it', () => {
    const flow = createFlow(new FakeClock());
    expect(flow.look(report(MAX_PAGE_LINE))).toBeUndefined();
    const fault = flow.look(report(MAX_PAGE_LINE + 1));
    expect(fault).toContain(`${MAX_PAGE_LINE + 1} bytes`);
    expect(fault).not.toContain('xxx');
    expect(flow.look(JSON.stringify({ x: '€'.repeat(MAX_PAGE_LINE / 2) }))).toContain('expected at most');
  });

  it('ends with more lines than any call has', () => {
    const clock = new FakeClock();
    const flow = createFlow(clock);
    for (let i = 0; i < 4_000; i++) expect(flow.look('{}')).toBeUndefined();
    for (let second = 0; second < 3; second++) {
      clock.advance(1_000);
      for (let i = 0; i < 500; i++) expect(flow.look('{}')).toBeUndefined();
    }
    clock.advance(1);
    expect(flow.look('{}')).toContain('says too much');
  });

  it('ends with more bytes than any call has', () => {
    const flow = createFlow(new FakeClock());
    for (let i = 0; i < 32; i++) expect(flow.look(report(MAX_PAGE_LINE))).toBeUndefined();
    expect(flow.look('{}')).toContain('says too much');
  });

  it('never ends with a page that waits as long as it is told to', () => {
    const size = fc.integer({ min: 9, max: 100_000 });
    fc.assert(
      fc.property(fc.array(size, { minLength: 100, maxLength: 500 }), (sizes) => {
        const clock = new FakeClock();
        const flow = createFlow(clock);
        for (const size of [...sizes, ...Array(3_000).fill(9)]) {
          clock.advance(flow.delay());
          expect(flow.delay()).toBe(0);
          expect(flow.look(report(size))).toBeUndefined();
        }
        expect(flow.delay()).toBeGreaterThan(0);
      }),
      { numRuns: 20 },
    );
  });
});
