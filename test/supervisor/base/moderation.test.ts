import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Moderation, patternProblem } from '../../../supervisor/base/moderation.ts';

const rules = new Moderation({
  block: [
    { name: 'slurs', phrases: ['darn it', 'heck'] },
    { name: 'spoilers', phrases: ['rosebud'] },
  ],
  redact: [
    { name: 'card', pattern: '\\b(?:\\d[ -]?){13,16}\\b' },
    { name: 'mail', pattern: '(?i)[a-z0-9.]+@[a-z0-9.]+' },
  ],
});

describe('what is said', () => {
  it.each(['DARN\u00a0it', 'ｈｅｃｋ', 'he\u200bck!', 'what the heck'])('is kept out: %j', (text) =>
    expect(rules.judge(text)).toEqual({ kind: 'dropped', rules: ['slurs'] }),
  );

  it('is kept out by every list that it breaks, and not masked then', () => {
    expect(rules.judge('heck, rosebud: ada@example.org')).toEqual({ kind: 'dropped', rules: ['slurs', 'spoilers'] });
  });

  it('is masked where a pattern fits, each time', () => {
    expect(rules.judge('4111 1111 1111 1111 or ADA@example.org, bo@example.org')).toEqual({
      kind: 'redacted',
      text: '[card]or [mail], [mail]',
      rules: ['card', 'mail'],
    });
    expect(rules.judge('nothing to see')).toEqual({ kind: 'clean' });
  });

  it.each([
    'ada@exam\u00adple.org',
    'ada@ex\u200bample.org',
    'ada＠example.org',
    '\u{1d41a}da@example．org',
    'bo@example.org, ada@exam\u00adple.org',
  ])('is masked also where it only looks like that: %j', (text) => {
    const judged = rules.judge(`Ⅳ: ${text} or ﷺ`);
    // What stands around it is as it was.
    expect(judged).toMatchObject({ text: expect.stringMatching(/^Ⅳ: (\[mail\], )?\[mail\] or ﷺ$/), rules: ['mail'] });
  });

  it('is as it was beside the masks, whatever it is', () => {
    const marks = new Moderation({ block: [], redact: [{ name: 'x', pattern: 'x' }] });
    const units = fc.constantFrom('a', '\u00ad', '\u0301', 'ﬀ', 'ｘ', 'x', '\ufe0f', '🙂', '\ud83d', '한', '\u1161');
    fc.assert(
      fc.property(fc.array(units), (all) => {
        const text = all.join('');
        const judged = marks.judge(text);
        // A letter, with the marks and invisible characters that belong to it.
        const masked = text.replaceAll(/[xｘ](?:\u00ad|\u0301|\ufe0f)*/g, '[x]');
        if (judged.kind === 'clean') return masked === text;
        return judged.kind === 'redacted' && judged.text === masked;
      }),
    );
  });

  it('fits its schema also when what stands for a match is longer', () => {
    const each = new Moderation({ block: [], redact: [{ name: 'n'.repeat(64), pattern: '[x🙂]' }] });
    for (const text of ['x'.repeat(4_096), '🙂'.repeat(4_096)]) {
      const judged = each.judge(text);
      const masked = judged.kind === 'redacted' ? judged.text : '';
      expect([...masked]).toHaveLength(4_096);
      expect(masked).not.toMatch(/x|🙂/);
    }
  });

  it('never has what a pattern fits when it has been masked', () => {
    const digits = new Moderation({ block: [], redact: [{ name: 'digits', pattern: '\\d+' }] });
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('1', '2', 'a', ' ', '$', '\\', '🙂') }), (text) => {
        const judged = digits.judge(text);
        if (judged.kind === 'clean') return !/\d/.test(text);
        return judged.kind === 'redacted' && judged.text === text.replaceAll(/\d+/g, '[digits]');
      }),
    );
  });

  it('is left alone where a pattern fits nothing at all', () => {
    const edges = new Moderation({ block: [], redact: [{ name: 'edge', pattern: '\\b' }] });
    expect(edges.judge('two words')).toEqual({ kind: 'clean' });
  });
});

describe('a pattern', () => {
  it.each([
    ['\\d{4}', undefined],
    ['(', 'missing closing'],
    ['a**', 'invalid nested repetition'],
    ['(?=x)', 'invalid or unsupported Perl syntax'],
    ['\\1', 'invalid escape sequence'],
    ['x*', 'does not fit the empty text'],
  ])('%j: %s', (pattern, problem) => {
    const found = patternProblem(pattern);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(problem);
  });
});
