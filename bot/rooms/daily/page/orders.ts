import type { PageOrder } from '../protocol.ts';
import type { Call } from './call.ts';
import { type Failure, failureOf, fieldsOf } from './read.ts';
import type { Reporter } from './report.ts';

/** Carries out a line of the bot. Each order is answered once, and nothing is thrown. */
export async function carryOut(line: string, call: Call, reporter: Reporter): Promise<void> {
  const fields = parse(line);
  if (!Number.isSafeInteger(fields.id)) {
    reporter.event({ action: 'nonfatal-error', type: null, message: 'expected an order with an id, got another line' });
    return;
  }
  const id = fields.id as number;
  const order = orderOf(fields);
  if (order === undefined) {
    const message = 'expected the order join with a url, send with data and to, or leave; got something else';
    reporter.failed(id, { type: null, message });
    return;
  }
  try {
    if (order.do === 'join') await call.join(order);
    else if (order.do === 'send') call.send(order.data, order.to);
    else await call.leave();
    reporter.done(id);
  } catch (error) {
    reporter.failed(id, withoutToken(failureOf(error), order));
  }
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(line));
  } catch {
    return {};
  }
}

/** Undefined when it is none. */
function orderOf(fields: Readonly<Record<string, unknown>>): PageOrder | undefined {
  const isText = (name: string) => typeof fields[name] === 'string';
  const mayBeText = (name: string) => fields[name] === undefined || isText(name);
  const isOrder =
    (fields.do === 'join' && isText('url') && ['token', 'userName', 'bundles'].every(mayBeText)) ||
    (fields.do === 'send' && fields.data !== undefined && isText('to')) ||
    fields.do === 'leave';
  return isOrder ? (fields as unknown as PageOrder) : undefined;
}

/** A token lets in: it is in no message, whatever the client writes there. */
function withoutToken({ type, message }: Failure, order: PageOrder): Failure {
  const token = order.do === 'join' ? order.token : undefined;
  return { type, message: token ? message.replaceAll(token, '[token]') : message };
}
