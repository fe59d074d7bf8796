import { describe, expect, it } from 'vitest';
import { loadSpec } from '../../../spec/codegen/load.ts';
import { eventLines } from '../../../supervisor/cli/event-line.ts';
import type { Paint } from '../../../supervisor/cli/io.ts';
import { render } from '../../../supervisor/cli/render.ts';
import { width } from '../../../supervisor/cli/text.ts';

const plain: Paint = (_style, text) => text;
/** Shows the styles in the text. */
const marked: Paint = (style, text) => `<${style}>${text}</>`;

const { topics } = loadSpec();

describe('render', () => {
  it('has a line for the example of every topic', () => {
    const lines = topics.flatMap(({ id, examples }) =>
      examples.map((example) => `${id}: ${render(id, example, plain)}`),
    );
    expect(lines).toMatchInlineSnapshot(`
      [
        "assistant.room.join.failed: the room is full",
        "assistant.room.join.requested: attempt 1",
        "assistant.room.join.succeeded: in 12 ms",
        "assistant.session.ended: requested, after 1 min",
        "assistant.session.failed: the policy snapshot does not match its hash",
        "assistant.session.started: on transcript, policy 0f0f0f0f",
        "assistant.session.started: on daily, policy 0f0f0f0f",
        "assistant.tool.invoked: message.send allowed",
        "bot.health.heartbeat: up 15 s, 50 MiB, queue 0%, 42 published",
        "conversation.policy.loaded: defaults + request (0f0f0f0f)",
        "conversation.policy.violation: ✗ tools.deny message.send blocked (high, 1×)",
        "conversation.policy.violation: ✗ unreported tools.deny payments.send allowed (high, 1×)",
        "events.dropped: 12 × room.speaker.changed: output queue full",
        "events.envelope.overwritten: claims another roomId, runId",
        "events.envelope.rejected: 1 × not_json: expected one JSON object a line",
        "events.runtime.version.mismatch: expected spec 0f0f0f0f, the bot speaks a1a1a1a1",
        "forwarding.delivery.dead_lettered: 01930b7c-1f2a-7c3d-9e4f-5a6b7c8d9e0f: MalformedDetail",
        "forwarding.delivery.deferred: 120 events wait, the oldest for 5 s: ThrottlingException",
        "forwarding.delivery.expired: 120 events expired before they were sent",
        "forwarding.delivery.recovered: after 42 s",
        "room.app_message.received: p-4f7a: {"slide":7}",
        "room.command.received: p-4f7a asks for summary.show {"minutes":5}",
        "room.connection.changed: interrupted (signaling)",
        "room.dominance.score: 0.50  ada ▇ 75%  bo ▃ 25%",
        "room.interrupt.executed: bo cut in on ada (640 ms of overlap)",
        "room.message.deleted: p-4f7a took 01930b7c-1f2a-7c3d-9e4f-5a6b7c8d9e0f back",
        "room.message.edited: p-4f7a: Who is here? (edited)",
        "room.message.moderated: p-4f7a redacted: card-number",
        "room.message.received: p-4f7a: @bot who is here?",
        "room.message.sent: bot: Shall we hear from Bo?",
        "room.participant.joined: ada Ada",
        "room.participant.joined: bo",
        "room.participant.left: ada",
        "room.participant.updated: p-4f7a Ada L.",
        "room.presence.updated: p-4f7a away",
        "room.reaction.added: p-4f7a 👍",
        "room.reaction.removed: p-4f7a 👍 taken back",
        "room.speaker.changed: ada over bo",
        "room.speaker.changed: silence",
        "room.transcript.received: ada: Shall we begin?",
        "room.typing.started: p-4f7a …",
        "supervisor.bot.exited: crash (code 1), after 812 ms: Error: out of luck",
        "supervisor.bot.gave_up: after 5 crashes in 10 min",
        "supervisor.bot.held_back: 12× at its pipe, 340 ms in all: it writes faster than its events can be kept",
        "supervisor.bot.killed: silent",
        "supervisor.bot.memory_high: 429 MiB of 512 MiB",
        "supervisor.bot.restarting: attempt 2 in 480 ms",
        "supervisor.bot.started: process 4711, which was waiting",
        "supervisor.bot.unresponsive: busy at 98% of a processor, silent for 45 s: killed after 3 min",
        "supervisor.policy.applied: started: defaults + request (0f0f0f0f)",
        "supervisor.policy.enforced: terminate because of tools.deny",
        "supervisor.policy.enforced: quarantine until 2024-10-27T03:48:20.000Z because of unreported",
        "supervisor.policy.refused: acme.yaml: turns.maxChars: expected a whole number, got a string",
        "supervisor.quarantine.lifted: before 2024-10-27T03:48:20.000Z",
        "supervisor.room.state.changed: none → starting (requested)",
      ]
    `);
  });

  it('has a renderer of its own for every topic of the spec', () => {
    const generic = topics.filter(
      ({ id, examples }) => render(id, examples[0], plain) === render('x', examples[0], plain),
    );
    expect(generic.map(({ id }) => id)).toEqual([]);
  });

  it('shows violations in red and what was enforced in bold', () => {
    const violation = topics.find(({ id }) => id === 'conversation.policy.violation')?.examples[0];
    expect(render('conversation.policy.violation', violation, marked)).toMatch(/^<red>.*<\/>$/);
    const enforced = topics.find(({ id }) => id === 'supervisor.policy.enforced')?.examples[0];
    expect(render('supervisor.policy.enforced', enforced, marked)).toBe('<bold>terminate because of tools.deny</>');
  });

  it('shows how a bot ended, and what it said last', () => {
    const exit = { code: null, signal: 'SIGKILL', reason: 'crash', uptimeMs: 5_000, stderr: ['one', 'two'] };
    expect(render('supervisor.bot.exited', exit, plain)).toBe('crash (SIGKILL), after 5 s: two');
    const done = { code: 0, signal: null, reason: 'bot_done', uptimeMs: 5_000, stderr: [] };
    expect(render('supervisor.bot.exited', done, marked)).toBe('bot_done (code 0), after 5 s');
  });

  it('shows who speaks over whom', () => {
    const changed = { participantId: 'bo', at: 1, speaking: ['ada', 'bo'] };
    expect(render('room.speaker.changed', changed, plain)).toBe('bo over ada');
    expect(render('room.speaker.changed', { participantId: null, at: 1 }, plain)).toBe('silence');
  });

  it('shows the largest share first', () => {
    const participants = [
      { participantId: 'ada', seconds: 0, share: 0 },
      { participantId: 'bo', seconds: 9, share: 1 },
    ];
    const score = { at: 1, windowMs: 1, participants, gini: 1, dominance: 1 };
    expect(render('room.dominance.score', score, plain)).toBe('1.00  bo █ 100%  ada ▁ 0%');
  });

  it('shows the fields of a topic that it does not know', () => {
    expect(render('room.vote.cast', { choice: 'yes', n: 1, deep: { a: [1] } }, plain)).toBe(
      'choice=yes n=1 deep={"a":[1]}',
    );
    expect(render('toString', { a: 1 }, plain)).toBe('a=1');
  });

  it.each([[{}], [null], ['text'], [[]], [{ participants: 'x', layers: 1, stderr: null, text: 5 }]])(
    'never throws, whatever the payload: %j',
    (payload) => {
      for (const { id } of topics) expect(render(id, payload, plain)).toBeTypeOf('string');
    },
  );

  it.each(['started', 'killed', 'unresponsive', 'memory_high'])(
    'shows what there is of a supervisor.bot.%s of another version',
    (name) => {
      expect(render(`supervisor.bot.${name}`, { other: 1 }, plain)).toBe('other=1');
      expect(render(`supervisor.bot.${name}`, { other: 1 }, marked)).toBe('other=1');
    },
  );
});

describe('a line', () => {
  const envelope = (change: object = {}) => ({
    ts: new Date(2026, 0, 2, 9, 8, 7).getTime(),
    roomId: 'standup',
    topic: 'room.transcript.received',
    payload: { participantId: 'ada', text: 'Shall we begin?', at: 0, endAt: 1, final: true },
    ...change,
  });
  const lines = (columns: number, showRoom = true, paint = plain) =>
    eventLines({ paint, columns: () => columns, showRoom });

  it('tells time, room, topic and what happened', () => {
    expect(lines(120)(envelope())).toBe('09:08:07  standup  room.transcript.received         ada: Shall we begin?');
    expect(lines(120, false)(envelope())).toBe('09:08:07  room.transcript.received         ada: Shall we begin?');
  });

  it('dims all of the topic but its last word', () => {
    expect(lines(120, false, marked)(envelope())).toContain('<dim>room.transcript.</>received');
  });

  it('aligns rooms as it gets to know them, and names the supervisor itself', () => {
    const line = lines(120);
    expect(line(envelope({ roomId: 'a' }))).toContain('  a       room.');
    expect(line(envelope({ roomId: 'a-longer-name' }))).toContain('  a-longer-name  room.');
    expect(line(envelope({ roomId: 'a' }))).toContain('  a              room.');
    expect(line(envelope({ roomId: undefined }))).toContain('  roomd          room.');
    expect(line(envelope({ roomId: 'x'.repeat(40) }))).toContain(`  ${'x'.repeat(17)}…  room.`);
  });

  it.each([40, 60, 80, 200])('is never wider than %i columns', (columns) => {
    const long = envelope({
      payload: { participantId: 'ada', text: '長い'.repeat(200), at: 0, endAt: 1, final: true },
    });
    expect(width(lines(columns)(long))).toBeLessThanOrEqual(columns);
  });

  it('keeps the end of a topic on a narrow terminal', () => {
    expect(lines(60)(envelope())).toContain('…anscript.received  ada');
  });

  it('cannot be made to move the cursor', () => {
    const evil = envelope({
      roomId: 'a\u001b[2J',
      payload: { participantId: '\u001b[31m', text: 'x\ny\u0007', final: true },
    });
    const line = lines(120)(evil);
    expect([...line].filter((char) => char < ' ')).toEqual([]);
  });

  it('survives an envelope without time or payload', () => {
    expect(lines(80)({})).toContain('--:--:--');
  });
});
