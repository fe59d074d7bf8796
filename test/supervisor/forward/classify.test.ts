import { describe, expect, it } from 'vitest';
import { classifyError, classifyResponse } from '../../../supervisor/forward/classify.ts';

const CODES = {
  ThrottlingException: 'transient',
  InternalFailure: 'transient',
  SomethingNew: 'transient',
  AccessDeniedException: 'hold',
  NotAuthorizedForSourceException: 'hold',
  NotAuthorizedForDetailTypeException: 'hold',
  InvalidAccountIdException: 'hold',
  ExpiredToken: 'hold',
  MalformedDetail: 'poison',
  InvalidArgument: 'poison',
  RedactionFailure: 'poison',
} as const;

const WHO = 'arn:aws:sts::111122223333:assumed-role/roomd/i-0123';
const BUS = 'arn:aws:events:eu-central-1:111122223333:event-bus/b';

function httpError(httpStatusCode: number | undefined, name: string, message = 'detail={"text":"secret"}') {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

function kinds(outcomes: readonly { kind: string }[]): string[] {
  return outcomes.map(({ kind }) => kind);
}

describe('an answer', () => {
  it.each(Object.entries(CODES))('takes each entry by its index: every mask of ten with %s', (code, kind) => {
    for (let mask = 0; mask < 1_024; mask++) {
      const failed = Array.from({ length: 10 }, (_, index) => (mask & (1 << index)) !== 0);
      const Entries = failed.map((f, index) =>
        f ? { ErrorCode: code, ErrorMessage: 'no' } : { EventId: `e${index}` },
      );
      const FailedEntryCount = failed.filter(Boolean).length;
      const outcomes = classifyResponse({ Entries, FailedEntryCount }, 10);
      expect(kinds(outcomes)).toEqual(failed.map((f) => (f ? kind : 'delivered')));
    }
  });

  it.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['an array', []],
    ['text', '<html>'],
    ['no results', { Entries: [] }],
    ['too few results', { Entries: [{ EventId: 'a' }] }],
    ['too many results', { Entries: [{ EventId: 'a' }, { EventId: 'b' }, { EventId: 'c' }] }],
    ['results that are no list', { Entries: { length: 2 } }],
  ])('is no success when it is %s', (_, response) => {
    expect(kinds(classifyResponse(response, 2))).toEqual(['unavailable', 'unavailable']);
  });

  it('does not take a result for success that has no EventId', () => {
    const Entries = [{}, null, { EventId: '' }, { EventId: 7 }, { EventId: 'a', ErrorCode: 'InternalFailure' }];
    expect(kinds(classifyResponse({ Entries }, 5))).toEqual(Array(5).fill('transient'));
  });

  it('keeps an event out of the reason, but tells who is denied what', () => {
    const Entries = [
      { ErrorCode: 'MalformedDetail', ErrorMessage: 'detail={"text":"secret"}' },
      {
        ErrorCode: 'AccessDeniedException',
        ErrorMessage: `User: ${WHO} is not authorized: events:PutEvents on ${BUS}`,
      },
    ];
    expect(classifyResponse({ Entries }, 2)).toEqual([
      { kind: 'poison', reason: 'MalformedDetail' },
      { kind: 'hold', reason: `AccessDeniedException: ${WHO} events:PutEvents ${BUS}` },
    ]);
  });
});

describe('an error', () => {
  it.each([
    [400, 'ValidationException', 'refused', 'poison'],
    [400, 'SerializationException', 'refused', 'poison'],
    [413, 'Unknown', 'refused', 'poison'],
    [413, 'SyntaxError', 'refused', 'poison'],
    [400, 'SyntaxError', 'refused', 'transient'],
    [400, 'SomethingNew', 'refused', 'transient'],
    [400, 'ThrottlingException', 'unavailable', 'unavailable'],
    [429, 'TooManyRequestsException', 'unavailable', 'unavailable'],
    [500, 'InternalFailure', 'unavailable', 'unavailable'],
    [500, 'SyntaxError', 'unavailable', 'unavailable'],
    [503, 'Unknown', 'unavailable', 'unavailable'],
    [200, 'SyntaxError', 'unavailable', 'unavailable'],
    [302, 'Unknown', 'unavailable', 'unavailable'],
    [undefined, 'TimeoutError', 'unavailable', 'unavailable'],
    [undefined, 'AbortError', 'unavailable', 'unavailable'],
    [undefined, 'CredentialsProviderError', 'hold', 'hold'],
    [400, 'AccessDeniedException', 'hold', 'hold'],
    [400, 'ResourceNotFoundException', 'hold', 'hold'],
    [400, 'InvalidSignatureException', 'hold', 'hold'],
    [403, 'ExpiredTokenException', 'hold', 'hold'],
    [403, 'SyntaxError', 'hold', 'hold'],
    [404, 'Unknown', 'hold', 'hold'],
    [405, 'SyntaxError', 'hold', 'hold'],
    [501, 'Unknown', 'hold', 'hold'],
  ])('of status %s named %s is %s, and %s for a single entry', (status, name, many, single) => {
    expect(kinds(classifyError(httpError(status, name), 3))).toEqual([many, many, many]);
    expect(kinds(classifyError(httpError(status, name), 1))).toEqual([single]);
  });

  it('of the network goes by its code', () => {
    const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    expect(classifyError(error, 1)).toEqual([{ kind: 'unavailable', reason: 'ECONNREFUSED' }]);
  });

  it.each([undefined, null, 'text', 7, {}])('may be anything: %s', (error) => {
    expect(classifyError(error, 2)).toEqual(Array(2).fill({ kind: 'unavailable', reason: 'UnknownError' }));
  });

  it('keeps an event out of the reason', () => {
    for (const status of [200, 400, 413, 500]) {
      const outcomes = classifyError(httpError(status, 'SyntaxError'), 1);
      expect(JSON.stringify(outcomes)).not.toContain('secret');
    }
  });

  it('quotes neither what was signed nor what the answer calls itself', () => {
    const signed = 'The Canonical String should have been POST / x-amz-security-token:secret';
    for (const name of [
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
      'CredentialsProviderError',
      'a secret\n',
    ]) {
      for (const count of [1, 2]) {
        expect(JSON.stringify(classifyError(httpError(400, name, signed), count))).not.toContain('secret');
      }
    }
    expect(classifyResponse({ Entries: [{ ErrorCode: 'a secret\n' }] }, 1)).toMatchObject([{ reason: 'UnknownError' }]);
  });
});
