import { whyItStays } from '../leaving.ts';
import { isReserved } from '../reserved.ts';
import type { TopicDescriptor } from '../topic.ts';
import { topicInfo } from '../version.ts';
import {
  commandMessage,
  commandSchemas,
  EVENT_BRIDGE_HEADERS,
  eventMessage,
  forwardedMessage,
  type Json,
  ref,
} from './asyncapi-messages.ts';
import { versionOf } from './example.ts';
import { inlined } from './inline.ts';
import type { SpecSources } from './load.ts';
import type { Schema } from './schema.ts';

/** Before the name of a topic's message as it is forwarded. No topic has a hyphen, so none is named like that. */
const FORWARDED = 'forwarded-';

/**
 * The contract as an AsyncAPI 3.0 document, seen from the supervisor: what it receives from a bot's standard output,
 * and what it sends to its standard input, to readers over HTTP, and to EventBridge.
 */
export function asyncApi(sources: SpecSources): Json {
  const specVersion = versionOf(sources);
  const ids = sources.topics.map(({ id }) => id);
  const forwarded = sources.topics.filter((topic) => leaves(topic, sources)).map(({ id }) => id);
  const commands = commandSchemas(sources.command);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'roomd',
      version: specVersion,
      description:
        'Events of AI bots in live rooms, and the commands that the bots get. The version is the specVersion that every event carries.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: servers(),
    channels: {
      botOutput: channel('stdout', 'bot', "A bot's standard output: one envelope a line.", {
        ...messages(ids.filter((id) => !isReserved(id))),
      }),
      botInput: channel('stdin', 'bot', "A bot's standard input: one command a line. Its end means: shut down.", {
        ...messages(commands.map(({ name }) => name)),
      }),
      events: channel('/v1/events', 'supervisor', 'The events of all rooms, live or by pages.', messages(ids)),
      roomEvents: {
        ...channel('/v1/rooms/{roomId}/events', 'supervisor', 'The events of one room.', messages(ids)),
        parameters: { roomId: { description: '1 to 128 of A-Z a-z 0-9 . _ -, not starting with a dot' } },
      },
      eventBus: channel(
        '{bus}',
        'eventBridge',
        'Entries of PutEvents after governance: redacted, sampled, nothing above the PII ceiling.',
        messages(forwarded, FORWARDED),
      ),
    },
    operations: {
      receiveEvents: { action: 'receive', channel: ref('channels/botOutput'), summary: 'What bots publish' },
      sendCommands: { action: 'send', channel: ref('channels/botInput'), summary: 'What bots are told' },
      streamEvents: stream('events', 'Everything that happens'),
      streamRoomEvents: stream('roomEvents', 'Everything that happens in one room'),
      forwardEvents: { action: 'send', channel: ref('channels/eventBus'), summary: 'What leaves for EventBridge' },
    },
    components: {
      schemas: Object.fromEntries([
        ['Envelope', withoutDialect(sources.envelope)],
        ['EventBridgeHeaders', EVENT_BRIDGE_HEADERS],
        ...commands.map(({ name, schema }) => [name, schema]),
        ...sources.topics.map(({ id, schema }) => [id, withoutDialect(inlined(schema))]),
      ]) as Json,
      messages: Object.fromEntries([
        ...commands.map(({ name, schema }) => [name, commandMessage(name, schema)]),
        ...sources.topics.map((topic) => [topic.id, eventMessage(topic, sources, specVersion)]),
        ...sources.topics
          .filter(({ id }) => forwarded.includes(id))
          .map((topic) => [FORWARDED + topic.id, forwardedMessage(topic, sources, specVersion)]),
      ]) as Json,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token of the configuration.' } },
    },
  };
}

function servers(): Json {
  return {
    bot: { host: 'localhost', protocol: 'stdio', description: "A bot's process; see spec/bot-protocol.md." },
    supervisor: {
      host: '127.0.0.1:7070',
      protocol: 'http',
      description:
        'roomd serve. GET gives a page; with Accept: text/event-stream or application/x-ndjson, a live stream.',
      security: [ref('components/securitySchemes/token')],
    },
    eventBridge: {
      host: 'events.{region}.amazonaws.com',
      protocol: 'https',
      description: 'Amazon EventBridge.',
      variables: { region: { description: 'forward.region of the configuration', default: 'us-east-1' } },
    },
  };
}

function channel(address: string, server: string, description: string, names: Json): Json {
  const parameters =
    address === '{bus}' ? { parameters: { bus: { description: 'forward.bus of the configuration' } } } : {};
  return { address, description, servers: [ref(`servers/${server}`)], messages: names, ...parameters };
}

/** Messages of a channel by their names there; `prefix` is before their names among the components. */
function messages(names: readonly string[], prefix = ''): Json {
  return Object.fromEntries(names.map((name) => [name, ref(`components/messages/${prefix}${name}`)]));
}

function stream(name: string, summary: string): Json {
  const text = { type: 'string' };
  const query = {
    type: 'object',
    properties: {
      topic: { ...text, description: 'a pattern: * is one word, ** the rest' },
      from: { ...text, description: 'a position, start, or how long ago, such as 10m' },
      limit: { type: 'integer', minimum: 1, maximum: 1000, description: 'of a page' },
    },
  };
  const bindings = { http: { method: 'GET', query, bindingVersion: '0.3.0' } };
  return { action: 'send', channel: ref(`channels/${name}`), summary, bindings };
}

function leaves(topic: TopicDescriptor, { forwarding }: SpecSources): boolean {
  return whyItStays(topicInfo(topic, forwarding), forwarding.piiCeiling) === undefined;
}

function withoutDialect({ $schema: _, ...schema }: Schema): Schema {
  return schema;
}
