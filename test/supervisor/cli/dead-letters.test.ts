import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Token } from '../../../supervisor/http/caller.ts';
import { deadLetter } from '../http/fake-forwarding.ts';
import { startServer } from '../http/rig.ts';
import { call, start } from './rig.ts';

const A = deadLetter(1);
const B = deadLetter(2, { roomId: 'lobby', reason: 'TooOld: ThrottlingException', at: A.at - 240_000 });
const OWN = deadLetter(3, { roomId: '', topic: 'supervisor.room.state.changed.with.a.tail' });

/** Whatever would move the cursor, ring or turn the direction of text. */
const UNSAFE = /[\p{Cc}\u202a-\u202e]/u;

async function rig() {
  const server = await startServer();
  server.forwarding.letters.push(A, B, OWN);
  return server;
}

const ids = (lines: string[]) => lines.map((line) => (JSON.parse(line) as { id: string }).id);

describe('roomd dead-letters ls', () => {
  it('lists for people', async () => {
    const { url } = await rig();
    const ls = start(['dead-letters', 'ls'], { url, tty: true });
    ls.out.columns = 140;
    expect(await ls.code).toBe(0);
    expect(ls.out.text).toContain('\u001b[');
    expect(ls.out.lines).toEqual([
      'ID                                             WHEN       TOPIC                            ROOM     REASON',
      `${A.id}  0 ms ago   room.transcript.received         standup  MalformedDetail`,
      `${B.id}  4 min ago  room.transcript.received         lobby    TooOld: ThrottlingException`,
      `${OWN.id}  0 ms ago   …room.state.changed.with.a.tail  roomd    MalformedDetail`,
    ]);
    expect(ls.err.text).toBe('');
  });

  it('cuts reasons, never ids, to the width of the terminal; narrow ones wrap', async () => {
    const { url, forwarding } = await startServer();
    forwarding.letters.push(deadLetter(1, { reason: 'long '.repeat(50) }));
    const line = async (columns: number) => {
      const ls = start(['dead-letters', 'ls'], { url, tty: true });
      ls.out.columns = columns;
      await ls.code;
      return ls.out.lines[1] ?? '';
    };
    const wide = await line(140);
    expect([wide.length, wide.at(-1)]).toEqual([140, '…']);
    const narrow = await line(40);
    expect(narrow.startsWith(`${A.id}  `)).toBe(true);
    expect(narrow.split('standup  ')[1]).toBe(`${'long '.repeat(5).slice(0, 23)}…`);
  });

  it('lists for programs, one JSON object a line', async () => {
    const { url } = await rig();
    for (const [argv, tty] of [
      [['dead-letters', 'ls'], false],
      [['dead-letters', 'ls', '--json'], true],
    ] as const) {
      const { out } = await call([...argv], { url, tty });
      expect(ids(out.lines)).toEqual([A.id, B.id, OWN.id]);
      const { id, eventId, topic, roomId, reason, at } = A;
      expect(JSON.parse(out.lines[0] ?? '')).toEqual({ id, eventId, topic, roomId, reason, at });
    }
  });

  it.each([
    [['--room', 'lobby'], [B.id]],
    [['--topic', 'supervisor.**'], [OWN.id]],
    [
      ['--reason', 'Malformed'],
      [A.id, OWN.id],
    ],
    [['--reason', 'Malformed', '--topic', 'room.**'], [A.id]],
  ])('%j', async (argv, expected) => {
    const { url } = await rig();
    expect(ids((await call(['dead-letters', 'ls', ...argv], { url })).out.lines)).toEqual(expected);
  });

  it('says when there are none', async () => {
    const { url } = await startServer();
    expect((await call(['dead-letters', 'ls'], { url, tty: true })).out.text).toBe('no dead letters\n');
    const filtered = await call(['dead-letters', 'ls', '--room', 'a'], { url, tty: true });
    expect(filtered.out.text).toBe('no dead letters that match\n');
    expect((await call(['dead-letters', 'ls'], { url })).out.text).toBe('');
  });

  it('goes through the pages to the limit, also through empty ones, and says when there is more', async () => {
    const { url, forwarding } = await startServer();
    for (let i = 1; i <= 2_500; i++) forwarding.letters.push(deadLetter(i, { roomId: i % 2 === 0 ? 'even' : 'odd' }));
    forwarding.letters.sort((a, b) => (a.roomId < b.roomId ? -1 : 1));
    forwarding.letters.forEach((letter, i) => {
      forwarding.letters[i] = { ...letter, id: deadLetter(i).id };
    });
    forwarding.examines = 400;
    const upTo = (limit: string) => call(['dead-letters', 'ls', '--room', 'odd', '--limit', limit], { url });
    const some = await upTo('1249');
    expect([some.code, ids(some.out.lines)]).toEqual([0, forwarding.letters.slice(1_250, 2_499).map(({ id }) => id)]);
    expect(some.err.lines).toEqual(['the oldest 1249; there are more, --limit takes a larger number']);
    const all = await upTo('1250');
    expect([all.out.lines.length, all.err.text]).toEqual([1_250, '']);
  });

  it('stops at a hundred unless told otherwise', async () => {
    const { url, forwarding } = await startServer();
    for (let i = 1; i <= 101; i++) forwarding.letters.push(deadLetter(i));
    const { out, err } = await call(['dead-letters', 'ls'], { url, tty: true });
    expect([out.lines.length, err.text]).toEqual([101, expect.stringContaining('the oldest 100; there are more')]);
  });

  it.each([
    [['--limit', '0'], 2, 'Expected a number from 1 to 100000'],
    [['--limit', 'all'], 2, 'Expected a number from 1 to 100000'],
    [['--topic', 'a..b'], 1, 'expected a topic or a pattern'],
    [['--room', '../x'], 1, 'expected 1 to 128'],
    [['--nope'], 2, 'See `roomd help COMMAND`'],
  ])('%j ends with %i', async (argv, expected, message) => {
    const { url } = await rig();
    const { code, out, err } = await call(['dead-letters', 'ls', ...argv], { url });
    expect([code, out.text, err.text]).toEqual([expected, '', expect.stringContaining(message)]);
  });
});

describe('roomd dead-letters show', () => {
  const json =
    '{"id":"event-9","topic":"room.transcript.received","roomId":"standup",' +
    '"payload":{"participantId":"ada","at":12345678901234567890,"endAt":1.50,"text":"hello","final":true}}';
  const exact = deadLetter(9, { json });

  it('shows all of it, numbers above 2^53 included', async () => {
    const { url, forwarding } = await startServer();
    forwarding.letters.push(exact);
    const { code, out } = await call(['dead-letters', 'show', exact.id], { url, tty: true });
    expect(code).toBe(0);
    expect(out.lines.join('\n')).toMatchInlineSnapshot(`
      "000000000000009-eventbridge-eu-central-1-main
        reason     MalformedDetail
        set aside  0 ms ago
        target     eventbridge/eu-central-1/main
        room       standup
        topic      room.transcript.received
        event      event-9
        happened   2 ms ago
        {
          "id": "event-9",
          "topic": "room.transcript.received",
          "roomId": "standup",
          "payload": {
            "participantId": "ada",
            "at": 12345678901234567890,
            "endAt": 1.50,
            "text": "hello",
            "final": true
          }
        }
      send it again with \`roomd dead-letters redrive 000000000000009-eventbridge-eu-central-1-main\`"
    `);
  });

  it('hands a program the text of the daemon', async () => {
    const { url, forwarding } = await startServer();
    forwarding.letters.push(exact);
    for (const [argv, tty] of [
      [['dead-letters', 'show', exact.id], false],
      [['dead-letters', 'show', exact.id, '--json'], true],
    ] as const) {
      const { out } = await call([...argv], { url, tty });
      expect(out.lines).toEqual([expect.stringContaining(`,"envelope":${json}}`)]);
    }
  });

  it('masks the event without the scope events:pii', async () => {
    const sha256 = createHash('sha256').update('secret').digest('hex');
    const tokens: Token[] = [{ name: 't', sha256, scopes: ['events:read'] }];
    const { url, forwarding } = await startServer({ tokens });
    forwarding.letters.push(A);
    const { out } = await call(['dead-letters', 'show', A.id], { url, tty: true, env: { ROOMD_TOKEN: 'secret' } });
    expect(out.text).toContain('[redacted]');
    expect(out.text).not.toContain('my secret');
  });

  it('says when there is none of that name', async () => {
    const { url } = await rig();
    const { code, err } = await call(['dead-letters', 'show', '../ready'], { url });
    expect([code, err.text]).toEqual([1, expect.stringContaining('no dead letter "../ready"')]);
    expect((await call(['dead-letters', 'show'], { url })).code).toBe(2);
  });
});

describe('what an event says', () => {
  it.each([['ls'], ['show']])('cannot move the cursor: %s', async (command) => {
    const { url, forwarding } = await startServer();
    const evil = '\u001b[2J\u0007\u009b1m\r\n\u202e';
    forwarding.letters.push(
      deadLetter(1, {
        topic: `room.${evil}`,
        reason: `Bad${evil}`,
        roomId: `r${evil}`,
        eventId: evil,
        json: `{"payload":{"text":"\u009b\u202e${JSON.stringify(evil).slice(1)}}}`,
      }),
    );
    const argv = command === 'ls' ? [command] : [command, deadLetter(1).id];
    const { code, out } = await call(['dead-letters', ...argv], { url, tty: true, env: { NO_COLOR: '1' } });
    expect(code).toBe(0);
    expect(out.text.split('\n').filter((line) => UNSAFE.test(line))).toEqual([]);
    expect(out.text).toContain('Bad');
  });
});
