import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import type { Paint, Style } from './paint.ts';
import { humanDuration, mebibytes, paintName, percent, shortHash } from './text.ts';

type Renderers = { readonly [T in TopicId]?: (payload: TopicPayloads[T], paint: Paint) => string };

const STATE_STYLES: Readonly<Record<string, Style>> = {
  live: 'green',
  starting: 'cyan',
  joining: 'cyan',
  backing_off: 'yellow',
  stopping: 'yellow',
  failed: 'red',
  quarantined: 'red',
};

/** What an event of each topic says, in one line. */
const RENDERERS: Renderers = {
  'assistant.session.started': ({ connector, policyVersion }) => `on ${connector}, policy ${shortHash(policyVersion)}`,
  'assistant.session.ended': ({ reason, durationMs }) => `${reason}, after ${humanDuration(durationMs)}`,
  'assistant.session.failed': ({ reason, retryable }, paint) => failure(paint, reason, retryable),
  'assistant.room.join.requested': ({ attempt }) => `attempt ${attempt}`,
  'assistant.room.join.succeeded': ({ elapsedMs }) => `in ${humanDuration(elapsedMs)}`,
  'assistant.room.join.failed': ({ reason, retryable }, paint) => failure(paint, reason, retryable),
  'assistant.tool.invoked': ({ tool, allowed }, paint) => `${tool} ${allowed ? 'allowed' : paint('red', 'refused')}`,
  'bot.health.heartbeat': ({ uptimeMs, rssBytes, queueFill, published, dropped }, paint) => {
    const rss = mebibytes(rssBytes);
    const lost = dropped > 0 ? paint('yellow', `, ${dropped} dropped`) : '';
    return `${paint('dim', `up ${humanDuration(uptimeMs)}, ${rss}, queue ${percent(queueFill)}, ${published} published`)}${lost}`;
  },
  'conversation.policy.loaded': ({ policyVersion, layers }) => `${layers.join(' + ')} (${shortHash(policyVersion)})`,
  'conversation.policy.violation': ({ rule, severity, action, subject, count }, paint) =>
    paint('red', `✗ ${rule}${rule.endsWith(`.${subject}`) ? '' : ` ${subject}`} ${action} (${severity}, ${count}×)`),
  'events.dropped': ({ topic, count, reason }, paint) => paint('yellow', `${count} × ${topic}: ${reason}`),
  'events.envelope.overwritten': ({ fields }, paint) => paint('yellow', `claims another ${fields.join(', ')}`),
  'events.envelope.rejected': ({ reason, count, detail }, paint) =>
    paint('yellow', `${count} × ${reason}${detail === undefined ? '' : `: ${detail}`}`),
  'events.runtime.version.mismatch': ({ expected, actual }, paint) =>
    paint('yellow', `expected spec ${shortHash(expected)}, the bot speaks ${shortHash(actual)}`),
  'forwarding.delivery.deferred': ({ backlog, oldestMs, reason }, paint) =>
    paint('yellow', `${backlog} events wait, the oldest for ${humanDuration(oldestMs)}: ${reason}`),
  'forwarding.delivery.recovered': ({ durationMs }, paint) => paint('green', `after ${humanDuration(durationMs)}`),
  'forwarding.delivery.expired': ({ count }, paint) => paint('red', `${count} events expired before they were sent`),
  'forwarding.delivery.dead_lettered': ({ eventId, reason }, paint) => paint('red', `${eventId}: ${reason}`),
  'room.app_message.received': ({ participantId, data }, paint) => `${paintName(paint, participantId)}: ${data}`,
  'room.command.received': ({ participantId, command, args }, paint) =>
    `${paintName(paint, participantId)} asks for ${paint('bold', command)}${args === undefined ? '' : ` ${args}`}`,
  'room.connection.changed': ({ state, kind }, paint) =>
    paint(state === 'connected' ? 'green' : 'yellow', kind === undefined ? sure(state) : `${state} (${kind})`),
  'room.dominance.score': ({ participants, dominance }, paint) => {
    const shares = [...participants].sort((a, b) => b.share - a.share);
    const bars = shares.map(
      ({ participantId, share }) => `${paintName(paint, participantId)} ${bar(share)} ${percent(share)}`,
    );
    return [paint('bold', dominance.toFixed(2)), ...bars].join('  ');
  },
  'room.interrupt.executed': ({ participantId, targetId, overlapMs }, paint) =>
    `${paintName(paint, participantId)} cut in on ${paintName(paint, targetId)} ${paint('dim', `(${humanDuration(overlapMs)} of overlap)`)}`,
  'room.message.sent': ({ participantId, text }, paint) => `${paintName(paint, participantId)}: ${paint('bold', text)}`,
  'room.message.received': ({ participantId, text }, paint) => `${paintName(paint, participantId)}: ${text}`,
  'room.message.edited': ({ participantId, text }, paint) =>
    `${paintName(paint, participantId)}: ${text} ${paint('dim', '(edited)')}`,
  'room.message.deleted': ({ participantId, messageId }, paint) =>
    `${paintName(paint, participantId)} ${paint('dim', `took ${messageId} back`)}`,
  'room.message.moderated': ({ participantId, action, rules }, paint) =>
    `${paintName(paint, participantId)} ${paint('yellow', `${action}: ${rules.join(', ')}`)}`,
  'room.reaction.added': ({ participantId, emoji }, paint) => `${paintName(paint, participantId)} ${emoji}`,
  'room.reaction.removed': ({ participantId, emoji }, paint) =>
    `${paintName(paint, participantId)} ${emoji} ${paint('dim', 'taken back')}`,
  'room.typing.started': ({ participantId }, paint) => paint('dim', `${participantId} …`),
  'room.presence.updated': ({ participantId, presence }, paint) =>
    `${paintName(paint, participantId)} ${paint('dim', presence)}`,
  'room.participant.updated': ({ participantId, name, isBot }, paint) => person(paint, participantId, name, isBot),
  'room.participant.joined': ({ participantId, name, isBot }, paint) => person(paint, participantId, name, isBot),
  'room.participant.left': ({ participantId, name, isBot }, paint) => person(paint, participantId, name, isBot),
  'room.speaker.changed': ({ participantId, speaking }, paint) => {
    if (participantId === null) return paint('dim', 'silence');
    const others = (speaking ?? []).filter((id) => id !== participantId);
    return `${paintName(paint, participantId)}${others.length > 0 ? paint('dim', ` over ${others.join(', ')}`) : ''}`;
  },
  'room.transcript.received': ({ participantId, text, final }, paint) =>
    `${paintName(paint, participantId)}: ${final ? text : paint('dim', `${text} …`)}`,
  'supervisor.bot.exited': ({ code, signal, reason, uptimeMs, stderr }, paint) => {
    const how = signal === null ? `code ${code ?? 'none'}` : signal;
    const last = stderr.at(-1);
    const text = `${reason} (${how}), after ${humanDuration(uptimeMs)}`;
    return `${code === 0 ? text : paint('red', text)}${last === undefined ? '' : paint('dim', `: ${last}`)}`;
  },
  'supervisor.bot.started': ({ pid, warm }, paint) =>
    `process ${sure(pid)}${warm ? paint('dim', ', which was waiting') : ''}`,
  'supervisor.bot.killed': ({ reason }, paint) => paint('red', sure(reason)),
  'supervisor.bot.unresponsive': ({ silentMs, cpuShare, killAfterMs }, paint) =>
    paint(
      'yellow',
      `busy at ${percent(sure(cpuShare))} of a processor, silent for ${humanDuration(sure(silentMs))}: killed after ${humanDuration(sure(killAfterMs))}`,
    ),
  'supervisor.bot.memory_high': ({ pssBytes, limitBytes }, paint) =>
    paint('yellow', `${mebibytes(sure(pssBytes))} of ${mebibytes(sure(limitBytes))}`),
  'supervisor.bot.restarting': ({ attempt, delayMs }, paint) =>
    paint('yellow', `attempt ${attempt} in ${humanDuration(delayMs)}`),
  'supervisor.bot.held_back': ({ count, heldMs }, paint) =>
    paint(
      'yellow',
      `${count}× at its pipe, ${humanDuration(heldMs)} in all: it writes faster than its events can be kept`,
    ),
  'supervisor.bot.gave_up': ({ attempts, windowMs }, paint) =>
    paint('red', `after ${attempts} crashes in ${humanDuration(windowMs)}`),
  'supervisor.policy.applied': ({ cause, policyVersion, layers }, paint) =>
    `${cause}: ${layers.join(' + ')} ${paint('dim', `(${shortHash(policyVersion)})`)}`,
  'supervisor.policy.enforced': ({ action, rule, until }, paint) =>
    paint(
      'bold',
      `${action}${until === undefined ? '' : ` until ${new Date(until).toISOString()}`} because of ${rule}`,
    ),
  'supervisor.policy.refused': ({ source, reason }, paint) => paint('red', `${source}: ${reason}`),
  'supervisor.quarantine.lifted': ({ until }) => `before ${new Date(sure(until)).toISOString()}`,
  'supervisor.room.state.changed': ({ from, to, cause }, paint) =>
    `${paint('dim', from)} → ${paintState(paint, to)}${cause === to ? '' : paint('dim', ` (${cause})`)}`,
};

/** One line about an event, whatever its topic; `payload` must be safe for a terminal. Never throws. */
export function render(topic: string, payload: unknown, paint: Paint): string {
  const renderer = Object.hasOwn(RENDERERS, topic) ? RENDERERS[topic as TopicId] : undefined;
  if (renderer === undefined) return fields(payload);
  try {
    return (renderer as (payload: unknown, paint: Paint) => string)(payload, paint);
  } catch {
    // Masked, or from a daemon that speaks another version of the spec.
    return fields(payload);
  }
}

export function paintState(paint: Paint, state: string): string {
  const style = STATE_STYLES[state];
  return style === undefined ? state : paint(style, state);
}

function fields(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null) return JSON.stringify(payload) ?? '';
  return Object.entries(payload)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

function failure(paint: Paint, reason: string, retryable: boolean): string {
  return paint('red', `${reason}${retryable ? ', will try again' : ''}`);
}

function person(paint: Paint, id: string, name: string | undefined, isBot: boolean): string {
  const alias = name === undefined || name === id ? '' : ` ${name}`;
  return `${paintName(paint, id)}${alias}${isBot ? paint('dim', ' (bot)') : ''}`;
}

function bar(share: number): string {
  return '▁▂▃▄▅▆▇█'.charAt(Math.min(7, Math.max(0, Math.floor(share * 8))));
}

/** The value, if it is there: otherwise the payload isn't of this version of the spec, and is shown field by field. */
function sure<T extends string | number>(value: T): T {
  if (value === undefined) throw new TypeError('not as the spec says');
  return value;
}
