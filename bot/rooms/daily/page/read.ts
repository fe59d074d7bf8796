import type { CallEvent, Person } from '../protocol.ts';

const MAX_ID = 128;
const MAX_NAME = 512;
const MAX_TEXT = 65_536;
const MAX_REASON = 1_000;

/** What is wrong, as it is told: Daily's type where it gave one. */
export interface Failure {
  readonly type: string | null;
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** A value's fields; none, when it has none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** At most so many UTF-16 units; empty when it isn't text. */
export function textOf(value: unknown, max: number = MAX_TEXT): string {
  return typeof value === 'string' ? value.slice(0, max).toWellFormed() : '';
}

/** Undefined when it has no session, and so is nobody. */
export function personOf(value: unknown): Person | undefined {
  const { session_id, user_id, user_name, local } = fieldsOf(value);
  const sessionId = textOf(session_id, MAX_ID);
  if (sessionId === '') return undefined;
  return { sessionId, userId: textOf(user_id, MAX_ID), userName: textOf(user_name, MAX_NAME), local: local === true };
}

/** Everybody in the client's table, where one stands under `local` and the others under their sessions. */
export function peopleOf(table: unknown): Person[] {
  const people = new Map<string, Person>();
  for (const value of Object.values(fieldsOf(table))) {
    const person = personOf(value);
    if (person !== undefined) people.set(person.sessionId, person);
  }
  return [...people.values()];
}

/** A client's event of one of the kinds that are no matter of people. Undefined: nothing in it. */
export function eventOf(event: unknown): CallEvent | undefined {
  const fields = fieldsOf(event);
  switch (fields.action) {
    case 'active-speaker-change':
      return { action: fields.action, sessionId: textOf(fieldsOf(fields.activeSpeaker).peerId, MAX_ID) || null };
    case 'app-message':
      return { action: fields.action, from: textOf(fields.fromId, MAX_ID), data: fields.data ?? null };
    case 'transcription-message': {
      const { participantId, text, timestamp } = fields;
      return {
        action: fields.action,
        sessionId: textOf(participantId, MAX_ID),
        text: textOf(text),
        timestamp: instantOf(timestamp),
      };
    }
    case 'network-connection':
      return { action: fields.action, kind: textOf(fields.type, MAX_ID), event: textOf(fields.event, MAX_ID) };
    case 'error':
    case 'nonfatal-error':
      return { action: fields.action, ...failureOf(fields) };
    case 'left-meeting':
      return { action: fields.action };
    default:
      return undefined;
  }
}

/** Of what the client threw, rejected with or said: an Error, a text, or an event with `errorMsg` and a type. */
export function failureOf(thrown: unknown): Failure {
  const fields = typeof thrown === 'string' ? { message: thrown } : fieldsOf(thrown);
  const inner = fieldsOf(fields.error);
  const type = textOf(inner.type, MAX_ID) || textOf(fields.type, MAX_ID) || null;
  const said = [fields.errorMsg, fields.message, fields.msg, inner.msg].map((text) => textOf(text, MAX_REASON));
  return { type, message: said.find((text) => text !== '') ?? 'the client gave no reason' };
}

function instantOf(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof Date)) return null;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
