import type { HostLine } from '../../../spec/page-host.ts';
import type { CallEvent, PageReport, Person } from './protocol.ts';
import { isObject } from './texts.ts';

type Fields = Readonly<Record<string, unknown>>;

const MAX_ID = 128;

/** A line of the page, or of who has its browser → what it says; undefined where that is nothing that it may say. */
export function readReport(line: string): HostLine | PageReport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  if (value.host !== undefined) return hostLine(value);
  if (isNumber(value.done)) return { done: value.done };
  if (isNumber(value.failed)) return { failed: value.failed, ...problem(value) };
  const event = isObject(value.event) ? callEvent(value.event) : undefined;
  return event && { event };
}

function hostLine({ host, reason }: Fields): HostLine | undefined {
  if (host === 'ready') return { host };
  return host === 'crashed' || host === 'refused' ? { host, reason: text(reason) } : undefined;
}

function callEvent(event: Fields): CallEvent | undefined {
  const { action } = event;
  switch (action) {
    case 'joined-meeting':
      return Array.isArray(event.people) ? { action, people: event.people.flatMap(person) } : undefined;
    case 'participant-joined':
    case 'participant-updated':
    case 'participant-left': {
      const [somebody] = person(event.person);
      return somebody && { action, person: somebody };
    }
    case 'active-speaker-change':
      if (event.sessionId === null) return { action, sessionId: null };
      return isId(event.sessionId) ? { action, sessionId: event.sessionId } : undefined;
    case 'app-message':
      return isId(event.from) ? { action, from: event.from, data: event.data ?? null } : undefined;
    case 'transcription-message': {
      const { sessionId, timestamp } = event;
      if (!isId(sessionId) || typeof event.text !== 'string') return undefined;
      return { action, sessionId, text: event.text, timestamp: typeof timestamp === 'string' ? timestamp : null };
    }
    case 'network-connection':
      return { action, kind: text(event.kind), event: text(event.event) };
    case 'error':
    case 'nonfatal-error':
      return { action, ...problem(event) };
    case 'left-meeting':
      return { action };
    default:
      return undefined;
  }
}

/** None, or one. */
function person(value: unknown): Person[] {
  if (!isObject(value) || !isId(value.sessionId)) return [];
  const { sessionId, userId, userName, local } = value;
  return [{ sessionId, userId: text(userId), userName: text(userName), local: local === true }];
}

function problem({ type, message }: Fields): { type: string | null; message: string } {
  return { type: typeof type === 'string' && type !== '' ? type : null, message: text(message) };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID && value.isWellFormed();
}
