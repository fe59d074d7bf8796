import type { Envelope } from '../../../spec/envelope.ts';
import { render } from '../../cli/render.ts';
import { safe } from '../../cli/text.ts';
import type { Row } from './protocol.ts';

/** Names of people that are remembered. */
const MAX_NAMES = 5_000;
const MAX_CHARS = 400;

type Tone = Row['tone'];

const TONES: Readonly<Record<string, Tone>> = {
  'assistant.room.join.failed': 'bad',
  'assistant.room.join.succeeded': 'good',
  'assistant.session.failed': 'bad',
  'assistant.session.started': 'good',
  'bot.health.heartbeat': 'quiet',
  'conversation.policy.violation': 'bad',
  'events.dropped': 'warn',
  'events.envelope.overwritten': 'warn',
  'events.envelope.rejected': 'warn',
  'events.runtime.version.mismatch': 'warn',
  'forwarding.delivery.dead_lettered': 'bad',
  'forwarding.delivery.deferred': 'warn',
  'forwarding.delivery.expired': 'bad',
  'forwarding.delivery.recovered': 'good',
  'room.dominance.score': 'quiet',
  'room.message.moderated': 'warn',
  'room.presence.updated': 'quiet',
  'room.speaker.changed': 'quiet',
  'room.typing.started': 'quiet',
  'supervisor.bot.gave_up': 'bad',
  'supervisor.bot.held_back': 'warn',
  'supervisor.bot.killed': 'bad',
  'supervisor.bot.memory_high': 'warn',
  'supervisor.bot.restarting': 'warn',
  'supervisor.bot.unresponsive': 'warn',
  'supervisor.policy.enforced': 'warn',
  'supervisor.policy.refused': 'bad',
};

const STATES: Readonly<Record<string, Tone>> = {
  live: 'good',
  backing_off: 'warn',
  failed: 'bad',
  quarantined: 'bad',
};

/** Says in a line what an event says. People are called by their names as far as those have been told. */
export class Summaries {
  /** Room and id → name. */
  readonly #names = new Map<string, string>();

  reset(): void {
    this.#names.clear();
  }

  /** The line for an event at a position. Never throws, whatever the payload. */
  row(position: string, envelope: Envelope): Row {
    const { ts, topic, roomId = '', payload, meta } = envelope;
    this.#learn(envelope);
    // The words of the command line, without its colours; names come in place of ids.
    const say = (_style: string, text: string) => this.#names.get(`${roomId} ${text}`) ?? text;
    // Signs are the page's to add, by the tone.
    const summary = render(topic, safe(payload), say).replace(/^✗ /, '');
    return {
      position,
      ts: meta?.receivedAt ?? ts,
      topic,
      roomId,
      summary: summary.length > MAX_CHARS ? `${summary.slice(0, MAX_CHARS)}…` : summary,
      tone: toneOf(topic, payload),
    };
  }

  #learn({ topic, roomId = '', payload }: Envelope): void {
    if (topic !== 'room.participant.joined' && topic !== 'room.participant.updated') return;
    const { participantId, name } = payload as { participantId?: unknown; name?: unknown };
    if (typeof participantId !== 'string' || typeof name !== 'string' || name === '') return;
    if (this.#names.size >= MAX_NAMES) this.#names.clear();
    this.#names.set(`${roomId} ${participantId}`, safe(name) as string);
  }
}

function toneOf(topic: string, payload: unknown): Tone {
  const { to, code } = (payload ?? {}) as { to?: unknown; code?: unknown };
  if (topic === 'supervisor.room.state.changed') return STATES[String(to)] ?? 'plain';
  if (topic === 'supervisor.bot.exited') return code === 0 ? 'plain' : 'bad';
  return TONES[topic] ?? 'plain';
}
