import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText } from '../../../supervisor/base/clean-text.ts';

const clean = (text: string) => cleanText(text, 1_000);

describe('a text for a log line', () => {
  it.each([
    'room changed state',
    'expected 1 to 10 entries a batch, got 11: see forward.batch.entries',
    'ENOENT: no such file or directory, open /var/lib/roomd/events.db',
    'connect ECONNREFUSED 127.0.0.1:443',
    'http://127.0.0.1:7070',
    'https://events.eu-central-1.amazonaws.com/path',
    'sha256:0f0f0f0f',
    'AccessDeniedException: arn:aws:sts::111122223333:assumed-role/roomd/i-0123 events:PutEvents',
    'task-1234567890 waits on disk-1234567890',
    'Ada Lovelace sagte: „Grüße“ \u{1f600}',
  ])('stays as it is: %s', (text) => expect(clean(text)).toBe(text));

  it.each([
    ['https://ada:s3cret@host/path', 'https://[redacted]@host/path'],
    ['postgres://s3cret@host', 'postgres://[redacted]@host'],
    ['https://a:s3cret@b@host/x?token=s3cret#s3cret', 'https://[redacted]@host/x?[redacted]'],
    ['GET http://host/v1/rooms?token=s3cret&x=s3cret failed', 'GET http://host/v1/rooms?[redacted] failed'],
    ['Authorization: Bearer s3cret-s3cret', 'Authorization: Bearer [redacted]'],
    ['"authorization":"Basic czNjcmV0"', '"authorization":"Basic [redacted]"'],
    ['authorization=s3cret', 'authorization=[redacted]'],
    ['x-amz-security-token:s3cret;host', 'x-amz-security-token:[redacted];host'],
    [
      'AWS_SECRET_ACCESS_KEY=s3cret aws_session_token: s3cret',
      'AWS_SECRET_ACCESS_KEY=[redacted] aws_session_token: [redacted]',
    ],
    ['/path?access_token=s3cret&a=b', '/path?access_token=[redacted]&a=b'],
    ['{"password": "s3cret", "apiKey":"s3cret"}', '{"password": "[redacted]", "apiKey":"[redacted]"}'],
    ['aws_secret_access_key = s3cret', 'aws_secret_access_key = [redacted]'],
    ['Cookie: a=s3cret; b=s3cret', 'Cookie: [redacted]'],
    ['{"cookie":"a=s3cret; b=s3cret","status":401}', '{"cookie":"[redacted]","status":401}'],
    ['Authorization: ApiKey s3cret', 'Authorization: [redacted]'],
    ['{"password":"a \\" s3cret c","x":1}', '{"password":"[redacted]","x":1}'],
    ["{ passphrase: 'a s3cret c' }", "{ passphrase: '[redacted]' }"],
    ['{"tokens":["s3cret", "s3cret"],"x":1}', '{"tokens":[redacted],"x":1}'],
    ['tokens: [s3cret, [s3cret], s3cret] x', 'tokens: [redacted] x'],
    ['credentials: { a: { b: "s3cret" }, c: s3cret } x', 'credentials: [redacted] x'],
    ['credentials: { a: s3cret, c: s3cret', 'credentials: [redacted]'],
    ['with ghp_s3crets3crets3cret', 'with [redacted]'],
    ['with github_pat_s3cret_s3crets3cret', 'with [redacted]'],
    ['with sk-s3cret-s3crets3cret', 'with [redacted]'],
    ['with xoxb-123-s3crets3cret', 'with [redacted]'],
    ['key -----BEGIN EC PRIVATE KEY-----\ns3cret\ns3cret\n-----END EC PRIVATE KEY----- x', 'key [redacted] x'],
    ['key -----BEGIN PRIVATE KEY-----\ns3cret\ns3cret', 'key [redacted]'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key [redacted]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s3cret-s3cret', '[redacted]'],
  ])('loses what looks like a secret: %s', (text, expected) => expect(clean(text)).toBe(expected));

  it('is one line without anything invisible, whatever came', () => {
    expect(clean('\u061ca\r\n{"level":60,"msg":"forged"}\u001b[31m\u0000\u2028b\u202e')).toBe(
      ' a {"level":60,"msg":"forged"} [31m b ',
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 1, max: 100 }), (text, max) => {
        const result = cleanText(text, max);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(result).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
        expect(result.length).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('is the same when it is cleaned twice', () => {
    for (const text of [
      'token=s3cret and [1]',
      'tokens: ["s3cret"] and [1]',
      'Authorization: Bearer s3cret-s3cret',
      'cookie="s3cret" x',
    ]) {
      expect(clean(clean(text))).toBe(clean(text));
    }
  });

  it('is bounded, also when it is all suspicion', () => {
    const nasty = [
      'token='.repeat(100_000),
      'http://'.repeat(100_000),
      'a'.repeat(1_000_000),
      'Bearer '.repeat(100_000),
      `${'a-'.repeat(500_000)}=`,
    ];
    for (const text of nasty) expect(cleanText(text, 1_024).length).toBeLessThanOrEqual(1_024);
  });

  it('cuts no secret in half that it would have known whole', () => {
    const texts = [
      'token=s3cret-that-is-long',
      'https://ada:s3cret-that-is-long@host',
      'AKIAs3cret'.toUpperCase().padEnd(30, 'X'),
    ];
    for (const secret of texts) {
      for (let at = 0; at < 60; at++) expect(cleanText(`${'x'.repeat(at)} ${secret} more`, 40)).not.toMatch(/s3cr/i);
    }
  });
});
