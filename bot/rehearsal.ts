import { PassThrough } from 'node:stream';
import type { Command } from '../spec/command.ts';
import { canonicalJson } from '../spec/version.ts';
import { readCommands } from './commands.ts';
import { sha256 } from './policy/sha256.ts';
import { verifySnapshot } from './policy/snapshot.ts';
import { commandsTo, type Role } from './role.ts';
import { createConnector } from './rooms/connect.ts';
import { Stay, type StayParts } from './stay.ts';

const VARIABLES = {
  ROOMD_ROOM_ID: 'rehearsal',
  ROOMD_RUN_ID: 'rehearsal',
  ROOMD_SPILL_PATH: 'rehearsal',
  BOT_POLICY_PATH: 'rehearsal',
};
const POLICY = { content: { blockedPhrases: ['-'] } };
const EVENT = { id: '00000000-0000-7000-8000-000000000000', ts: 0 };
const JOINED: Command = {
  type: 'room.event',
  past: true,
  event: { ...EVENT, topic: 'room.participant.joined', payload: { participantId: 'ada', isBot: false } },
};
const ASKED: Command = {
  type: 'room.event',
  event: {
    ...EVENT,
    topic: 'room.message.received',
    payload: { messageId: '-', participantId: 'ada', text: '@bot who is here?', mentions: ['bot'], at: 0 },
  },
};

/**
 * One stay in a local room that nobody hears of: the code that it goes through is compiled when a real one begins. No
 * event, no file and no timer is left of it. Resolves with the exit code, 0 unless there is a bug.
 */
export async function rehearse({ clock, newId }: Pick<StayParts, 'clock' | 'newId'>): Promise<number> {
  const input = new PassThrough();
  const tell = (command: Command) => input.write(`${JSON.stringify(command)}\n`);
  const snapshot = JSON.stringify({ policyVersion: sha256(canonicalJson(POLICY)), layers: ['-'], policy: POLICY });
  const over = Promise.withResolvers<number>();
  let messages = 0;

  /** Takes everything, as a supervisor does, and ends it as soon as it has answered and said what it was told to. */
  const write = (chunk: string, written: () => void) => {
    queueMicrotask(written);
    for (const line of chunk.trimEnd().split('\n')) {
      const { id, topic } = JSON.parse(line) as { id: string; topic: string };
      tell({ type: 'ack', through: id });
      if (topic === 'assistant.session.started') {
        tell(JOINED);
        tell(ASKED);
        tell({ type: 'app_message', text: 'Testing' });
        tell({ type: 'policy.warn', rule: '-', causeId: '-' });
      }
      if (topic === 'room.message.sent' && ++messages === 2) tell({ type: 'shutdown', reason: '-', deadlineMs: 1_000 });
    }
  };
  const begin = (variables: StayParts['variables']) => {
    const stay = new Stay({
      variables,
      clock,
      newId,
      out: { write, on: () => {} },
      createRoom: ({ connector, options }, parts) => createConnector(connector, options, parts),
      readPolicy: () => verifySnapshot(snapshot),
      writeSpill: () => {},
      say: () => {},
    });
    role = stay;
    void stay.over.then(over.resolve);
  };
  let role: Role = {
    command: (command) => {
      if (command.type === 'assign') begin(command.env);
    },
    inputEnded() {},
    stop() {},
    crash: over.reject,
  };

  readCommands(
    input,
    commandsTo(
      () => role,
      () => {},
    ),
  );
  tell({ type: 'assign', env: VARIABLES });
  const code = await over.promise;
  input.end();
  return code;
}
