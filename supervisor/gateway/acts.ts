import type { Parsed } from '../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import { fold } from '../../spec/phrases.ts';
import { codePointLength } from '../../spec/runtime/code-points.ts';
import { auditOf } from '../base/audit.ts';
import { eventOf } from '../base/event.ts';
import { newId } from '../base/ids.ts';
import type { Moderated, Moderation } from '../base/moderation.ts';
import type { Act, Done, NotDone, Participant } from './api.ts';
import { isEmoji } from './emoji.ts';
import { mentionsIn, type Named } from './mentions.ts';
import { MAX_EMOJI, MAX_REACTING, type Message } from './messages.ts';
import { A_NAME, readName, uniqueName } from './names.ts';
import type { Seen } from './seen.ts';

/** Code points. */
const MAX_TEXT = 2_000;

/** The room at the moment of an act. */
export interface Circumstances {
  readonly seen: Seen;
  readonly moderation: Moderation;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds since the room began. */
  readonly at: number;
  /** Names of the room's bot, whether it is there or not: nobody else may have them, and they can be mentioned. */
  readonly bot: readonly Named[];
}

/** What an act comes to: events for the log, in one commit, and the answer when they are there. */
export interface Outcome {
  readonly events: readonly Parsed[];
  readonly done: Done;
}

const NOTHING: Outcome = { events: [], done: { kind: 'done' } };

export function refuse(reason: Extract<NotDone, { kind: 'refused' }>['reason'], detail: string): NotDone {
  return { kind: 'refused', reason, detail };
}

/** Pure but for new ids. */
export function perform(act: Act, { participantId }: Participant, room: Circumstances): Outcome {
  switch (act.type) {
    case 'say':
      return say(act, participantId, room);
    case 'edit':
      return edit(act, participantId, room);
    case 'delete':
      return own(act.messageId, participantId, room, () =>
        one('room.message.deleted', { messageId: act.messageId, participantId, at: room.at }, room),
      );
    case 'react':
    case 'unreact':
      return react(act, participantId, room);
    case 'typing':
      return one('room.typing.started', { participantId, at: room.at }, room);
    case 'presence': {
      if (room.seen.people.get(participantId)?.presence === act.presence) return NOTHING;
      return one('room.presence.updated', { participantId, presence: act.presence, at: room.at }, room);
    }
    case 'rename':
      return rename(act.name, participantId, room);
  }
}

/** A name that nobody has, as it may stand in the room; with what is to be told when it was moderated. */
export function settleName(
  wanted: string,
  participantId: string,
  room: Circumstances,
): { readonly name: string; readonly audit: readonly Parsed[] } | Outcome {
  const given = readName(wanted);
  if (given === undefined) return refused('invalid', `expected ${A_NAME}`);
  const judged = room.moderation.judge(given);
  const told = audit(judged, newId(), participantId, room);
  if (judged.kind === 'dropped') return { events: told, done: { kind: 'dropped', rules: judged.rules } };
  const others = [...room.seen.people.values()].filter((person) => person.participantId !== participantId);
  const name = judged.kind === 'redacted' ? judged.text : given;
  return {
    name: uniqueName(
      name,
      [...others, ...room.bot].map((each) => each.name),
    ),
    audit: told,
  };
}

function say({ text, replyTo }: Extract<Act, { type: 'say' }>, participantId: string, room: Circumstances): Outcome {
  if (replyTo !== undefined && room.seen.messages.get(replyTo) === undefined) return unknownMessage();
  const messageId = newId();
  return written(text, messageId, participantId, room, (said) => {
    const payload = { messageId, participantId, text: said, ...(replyTo !== undefined && { replyTo }) };
    const mentions = mentionsOf(said, room);
    const event = { ...payload, ...(mentions.length > 0 && { mentions }), at: room.at };
    return eventOf('room.message.received', event, room.now, messageId);
  });
}

function edit(
  { messageId, text }: Extract<Act, { type: 'edit' }>,
  participantId: string,
  room: Circumstances,
): Outcome {
  return own(messageId, participantId, room, () => {
    if (room.seen.messages.text(messageId) === text) return NOTHING;
    return written(text, messageId, participantId, room, (said) => {
      const mentions = mentionsOf(said, room);
      const payload = { messageId, participantId, text: said, ...(mentions.length > 0 && { mentions }), at: room.at };
      return eventOf('room.message.edited', payload, room.now);
    });
  });
}

function written(
  given: string,
  messageId: string,
  participantId: string,
  room: Circumstances,
  event: (said: string) => Parsed,
): Outcome {
  const text = given.toWellFormed();
  if (fold(text) === '') return refused('invalid', 'expected a text with something to see in it');
  if (codePointLength(text) > MAX_TEXT) return refused('invalid', `expected a text of at most ${MAX_TEXT} characters`);
  const judged = room.moderation.judge(text);
  const told = audit(judged, messageId, participantId, room);
  if (judged.kind === 'dropped') return { events: told, done: { kind: 'dropped', rules: judged.rules } };
  const said = event(judged.kind === 'redacted' ? judged.text : text);
  return { events: [said, ...told], done: { kind: 'done', messageId } };
}

function react(
  { type, messageId, emoji }: Extract<Act, { type: 'react' | 'unreact' }>,
  participantId: string,
  room: Circumstances,
): Outcome {
  if (!isEmoji(emoji)) return refused('invalid', 'expected one emoji');
  const message = room.seen.messages.get(messageId);
  if (message === undefined) return unknownMessage();
  const there = message.reactions.get(emoji)?.has(participantId) === true;
  if (there === (type === 'react')) return NOTHING;
  if (type === 'react' && !message.reactions.has(emoji) && message.reactions.size >= MAX_EMOJI) {
    return refused('invalid', `expected at most ${MAX_EMOJI} different emoji on a message`);
  }
  // Who has left counts too: nobody knows whether they come back.
  if (type === 'react' && (message.reactions.get(emoji)?.size ?? 0) >= MAX_REACTING) {
    return refused('invalid', `expected at most ${MAX_REACTING} people with the same emoji on a message`);
  }
  const topic = type === 'react' ? 'room.reaction.added' : 'room.reaction.removed';
  return one(topic, { participantId, messageId, emoji, at: room.at }, room);
}

function rename(wanted: string, participantId: string, room: Circumstances): Outcome {
  const settled = settleName(wanted, participantId, room);
  if ('done' in settled) return settled;
  const { name } = settled;
  if (room.seen.people.get(participantId)?.name === name) return NOTHING;
  const { events, done } = one('room.participant.updated', { participantId, name, isBot: false }, room);
  return { events: [...events, ...settled.audit], done };
}

function own(
  messageId: string,
  participantId: string,
  room: Circumstances,
  then: (message: Message) => Outcome,
): Outcome {
  const message = room.seen.messages.get(messageId);
  if (message === undefined) return unknownMessage();
  if (message.participantId === participantId && !message.byBot) return then(message);
  return refused('not-yours', 'expected a message of your own: nobody else may change it');
}

function mentionsOf(text: string, { seen, bot }: Circumstances): string[] {
  return mentionsIn(text, seen.people.values(), bot);
}

function audit(judged: Moderated, messageId: string, participantId: string, { now, at }: Circumstances): Parsed[] {
  return judged.kind === 'clean' ? [] : [auditOf(judged, { messageId, participantId, at }, now)];
}

function one<T extends TopicId>(topic: T, payload: TopicPayloads[T], { now }: Circumstances): Outcome {
  return { events: [eventOf(topic, payload, now)], done: { kind: 'done' } };
}

function unknownMessage(): Outcome {
  return refused('no-message', 'expected one of the newest messages of this room; it may be too old, or taken back');
}

function refused(...why: Parameters<typeof refuse>): Outcome {
  return { events: [], done: refuse(...why) };
}
