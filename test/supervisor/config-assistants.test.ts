import { describe, expect, it } from 'vitest';
import { configSchema } from '../../supervisor/config-schema.ts';

describe('how long records of assistants serve', () => {
  it.each([
    [{ refresh: '1m', maxAge: '1m' }, true],
    [{ refresh: '2h', maxAge: '1m' }, false],
    // A refresh of 1 minute, that is.
    [{ maxAge: '59s' }, false],
    [{ refresh: '2h' }, false],
  ])('%j: %s', (times, ok) => {
    const { error } = configSchema.safeParse({ assistants: times });
    expect(error?.issues ?? []).toMatchObject(
      ok ? [] : [{ path: ['assistants', 'refresh'], message: expect.stringContaining('expected at most maxAge') }],
    );
  });
});
