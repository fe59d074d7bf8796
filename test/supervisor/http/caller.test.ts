import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAT_TOPICS, isChat } from '../../../spec/chat.ts';
import { registry } from '../../../spec/generated/registry.ts';
import type { TopicId } from '../../../spec/generated/topics.ts';
import { SCOPES, type Scope } from '../../../supervisor/base/scopes.ts';
import { type Caller, knowToken, narrowed } from '../../../supervisor/http/caller.ts';
import { envelopeFor, selectionOf } from '../../../supervisor/http/reading.ts';
import { entry } from './rig.ts';
import { token } from './tokens.ts';

const ROOMS = ['', 'a', 'ab', 'b', 'b-1', 'b-2', 'c.d'];
const TOPICS = Object.keys(registry) as TopicId[];

const scopes = fc.subarray([...SCOPES]);
const patterns = fc.option(fc.subarray(['*', 'a', 'a*', 'b-*', '*b*', 'b', 'c.d', 'cxd', '**1']), { nil: undefined });
const grants = fc.record({ scopes, rooms: patterns });
const grant = (name: string, of: { scopes: Scope[]; rooms: string[] | undefined }) => token(name, of.scopes, of.rooms);

/** Each thing that a caller may do, by name. */
function rights(caller: Caller): Set<string> {
  const found = SCOPES.filter((scope) => caller.can(scope)).map((scope) => `can ${scope}`);
  for (const room of ROOMS) {
    if (caller.sees(room)) found.push(`sees ${room}`);
    for (const topic of TOPICS) {
      for (const local of [true, false]) {
        const event = entry({ roomId: room, topic, local });
        if (caller.reads(event)) found.push(`reads ${room} ${topic} ${local}`);
        if (caller.reads(event) && caller.hears(event)) found.push(`hears ${room} ${topic} ${local}`);
      }
    }
  }
  return new Set(found);
}

describe('what a caller may read', () => {
  it('follows from scopes and rooms alone, whatever they are', () => {
    fc.assert(
      fc.property(
        grants,
        fc.constantFrom(...ROOMS),
        fc.constantFrom(...TOPICS),
        fc.boolean(),
        (given, room, topic, local) => {
          const event = entry({ roomId: room, topic, local });
          const { caller } = knowToken(grant('t', given));
          const has = (scope: Scope) => given.scopes.includes(scope);
          const isAdmin = has('admin');
          const isIn = has('rooms:join') && local && room !== '' && isChat(topic) && caller.sees(room);
          expect(caller.reads(event)).toBe(((has('events:read') || isAdmin) && caller.sees(room)) || isIn);
          expect(caller.hears(event)).toBe(has('events:pii') || isIn);
          expect(SCOPES.filter((scope) => caller.can(scope))).toEqual(
            SCOPES.filter((scope) => has(scope) || (isAdmin && scope !== 'events:pii' && scope !== 'rooms:join')),
          );
        },
      ),
    );
  });

  it('holds no word that nobody has let this caller see', () => {
    const word = 'Qzx-planted-word';
    const payloads = fc.constantFrom(
      [`{"participantId":"p","name":"n","text":"${word}","at":1,"messageId":"m"}`, 'room.message.received'] as const,
      [`{"text":"${word}"}`, 'room.message.sent'] as const,
      [`{"messageId":"m","text":"${word}","participantId":"p"}`, 'room.message.edited'] as const,
      [`{"participantId":"ada","text":"${word}","at":0,"endAt":1,"final":true}`, 'room.transcript.received'] as const,
      [`{"reason":"${word}","retryable":false}`, 'assistant.session.failed'] as const,
      [`{"text":"${word}"}`, 'room.old.topic'] as const,
    );
    fc.assert(
      fc.property(
        grants,
        fc.constantFrom(...ROOMS),
        payloads,
        fc.boolean(),
        (given, roomId, [payload, topic], local) => {
          const { caller } = knowToken(grant('t', given));
          const record = { ...entry({ roomId, topic, payload, local }), offset: 1 };
          const text = selectionOf({ caller }).shows(record) ? envelopeFor(caller, record) : '';
          const mayHear =
            given.scopes.includes('events:pii') ||
            (given.scopes.includes('rooms:join') &&
              local &&
              (CHAT_TOPICS as readonly string[]).includes(topic) &&
              roomId !== '');
          if (!mayHear) expect(text).not.toContain(word);
          else if (text !== '') expect(text).toContain(word);
          // Who may not hear it isn't shown what was made for one who may, and the other way round.
          for (const scope of ['events:pii', 'events:read'] as const) {
            const other = knowToken(token('o', ['events:read', scope])).caller;
            expect(envelopeFor(other, record).includes(word)).toBe(scope === 'events:pii');
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a narrowed caller', () => {
  it('may do what both say, and nothing else', () => {
    fc.assert(
      fc.property(grants, grants, (first, second) => {
        const issuer = knowToken(grant('issuer', first)).caller;
        const ticket = narrowed(issuer, grant('ticket', second));
        const before = rights(issuer);
        for (const right of rights(ticket)) expect(before).toContain(right);
        for (const scope of SCOPES) expect(ticket.can(scope)).toBe(issuer.can(scope) && second.scopes.includes(scope));
        const alone = knowToken(token('x', ['admin'], second.rooms)).caller;
        for (const room of ROOMS) expect(ticket.sees(room)).toBe(issuer.sees(room) && alone.sees(room));
        expect(ticket.name).toBe('issuer/ticket');
        expect(ticket.issuer).toBe(issuer);
      }),
      { numRuns: 200 },
    );
  });
});

it('a pattern is seen when every room that it fits is', () => {
  const star = fc
    .array(fc.constantFrom('a', 'b', '-', '*'), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(''));
  const filling = fc.array(fc.constantFrom('', 'a', 'b', '-', 'ab', 'x'), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(star, star, filling, (outer, inner, fillings) => {
      const { caller } = knowToken(token('t', ['rooms:read'], [outer]));
      const room = inner.replaceAll('*', () => fillings.pop() ?? '');
      if (caller.sees(inner) && room !== '')
        expect([outer, inner, room, caller.sees(room)]).toEqual([outer, inner, room, true]);
    }),
    { numRuns: 2_000 },
  );
  const { caller } = knowToken(token('t', ['rooms:read'], ['acme-*', 'lobby']));
  const covered = ['acme-*', 'acme-1*', 'acme-*-x', 'acme-1', 'lobby', 'a*', '*', 'lobby*', 'acme-'].filter(
    caller.sees,
  );
  expect(covered).toEqual(['acme-*', 'acme-1*', 'acme-*-x', 'acme-1', 'lobby', 'acme-']);
});

it('a pattern fits what its parts are found in, one after the other, and takes no longer for many of them', () => {
  const short = (...of: string[]) => fc.array(fc.constantFrom(...of), { maxLength: 7 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(short('a', 'b', '.', '*'), short('a', 'b', '.', 'x'), (pattern, room) => {
      fc.pre(pattern !== '' && room !== '');
      const { caller } = knowToken(token('t', ['rooms:read'], [pattern]));
      const regex = new RegExp(`^${pattern.replaceAll('.', '[.]').replaceAll('*', '.*')}$`);
      expect([pattern, room, caller.sees(room)]).toEqual([pattern, room, regex.test(room)]);
    }),
    { numRuns: 2_000 },
  );
  const hostile = `acme-${'*a'.repeat(60)}*b`;
  const { caller } = knowToken(token('t', ['rooms:join'], Array(20).fill(hostile)));
  expect(caller.sees(`acme-${'a'.repeat(123)}`)).toBe(false);
  expect(caller.sees(`acme-${'a'.repeat(122)}b`)).toBe(true);
});
