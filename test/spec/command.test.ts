import { describe, expect, it } from 'vitest';
import { loadSpec } from '../../spec/codegen/load.ts';
import { parseCommand } from '../../spec/command.ts';

const detailOf = (value: unknown) => {
  const parsed = parseCommand(value);
  return parsed.ok ? 'ok' : parsed.detail;
};

describe('a command', () => {
  it('is read as it is', () => {
    const command = { type: 'app_message', text: 'hello' };
    expect(parseCommand(command)).toEqual({ ok: true, command });
    const ack = { type: 'ack', through: '01930b7c-1f2a-7c3d-9e4f-5a6b7c8d9e0f' };
    expect(parseCommand(ack)).toEqual({ ok: true, command: ack });
  });

  it.each([
    [{ type: 'dance' }, 'got "dance"'],
    [{ type: 'constructor' }, 'got "constructor"'],
    [{ type: 7 }, 'got 7'],
    [{}, 'got none'],
  ])('of an unknown type is told the types there are: %j', (value, got) => {
    const { oneOf } = loadSpec().command as { oneOf: { properties: { type: { const: string } } }[] };
    const types = oneOf.map(({ properties }) => properties.type.const).join(', ');
    expect(detailOf(value)).toBe(`expected a type of ${types}; ${got}`);
  });

  it('is not quoted at length', () => expect(detailOf({ type: 'x'.repeat(100_000) }).length).toBeLessThan(300));

  it.each([
    [{ type: 'app_message' }, "the object must have required property 'text'"],
    [{ type: 'ack', through: 7 }, '/through must be string'],
    [{ type: 'ack', through: 'all' }, '/through must NOT have fewer than 36 characters'],
    [{ type: 'app_message', text: '' }, '/text must NOT have fewer than 1 characters'],
    ['dance', 'the object must be object'],
    [null, 'the object must be object'],
    [[], 'the object must be object'],
  ])('that does not fit its type is told where: %j', (value, detail) => expect(detailOf(value)).toBe(detail));
});
