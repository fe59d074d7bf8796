// Does what it is told, by the list `acts` of its options and by application messages that are such lists, and says
// nothing that it isn't told to say. With `keeps` it keeps to the snapshots that it is given, and says what is in them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { attempt, onOrder, options, say } from './orders.mjs';
import { join, obey, write } from './wire.mjs';

const ACTS = {
  tool: (tool, allowed = true, more) => write('assistant.tool.invoked', { tool, allowed }, more),
  message: (text, more) => write('room.message.sent', { messageId: 'm', participantId: 'bot', text, at: 0 }, more),
  heard: () => write('room.transcript.received', { participantId: 'ada', text: '', at: 0, endAt: 0, final: true }),
  violation: (more = {}) => write('conversation.policy.violation', violation(more)),
  loaded: (policyVersion) => write('conversation.policy.loaded', { policyVersion, layers: [] }),
  say,
  flood,
  exit: (code, ofAttempt = attempt) => {
    if (attempt === ofAttempt) process.exit(code);
  },
};

const POLICY_VERSION = `sha256:${'0'.repeat(64)}`;

function violation(more) {
  const base = {
    policyVersion: POLICY_VERSION,
    rule: 'rates',
    severity: 'high',
    action: 'blocked',
    subject: 'x',
    count: 1,
  };
  return { ...base, ...more };
}

/** So many violations, as fast as the pipe takes them. */
function flood(count, more) {
  for (let i = 1; i <= count; i++) write('conversation.policy.violation', violation({ ...more, count: i }));
}

function act(acts) {
  for (const [kind, ...rest] of acts) ACTS[kind](...rest);
}

/** Keys in order, as RFC 8785 has them; a policy holds nothing that is harder to write. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}

function load(command) {
  const { policyVersion, layers, policy } = JSON.parse(readFileSync(process.env.BOT_POLICY_PATH, 'utf8'));
  const hash = createHash('sha256').update(canonical(policy)).digest('hex');
  if (policyVersion !== `sha256:${hash}`) process.exit(78);
  if (command !== undefined && command.policyVersion !== policyVersion) say('another version than told');
  write('conversation.policy.loaded', { policyVersion, layers });
  say(`turns ${canonical(policy.turns ?? {})}`);
}

if (options.keeps) load();
join();
act(options.acts ?? []);
onOrder(
  (text) => act(JSON.parse(text)),
  (command) => {
    if (command.type === 'policy.warn') say(`warned of ${command.rule}`);
    else if (command.type.startsWith('policy.') && options.keeps) load(command);
  },
);
obey();
