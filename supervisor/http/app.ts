import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { DailyWebhooks } from '../daily/api.ts';
import type { Forwarding } from '../forward/api.ts';
import type { Gateway } from '../gateway/api.ts';
import type { Log } from '../log/port.ts';
import type { Recordings } from '../recordings/api.ts';
import type { Rooms } from '../room/api.ts';
import type { Access } from './auth.ts';
import type { Caller, Token } from './caller.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler runs. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** What the route asks of its caller; absent: any valid token. */
    access?: Access;
    /** The request is signed by whoever sends it: it may come by any name that this machine is reached by. */
    signed?: boolean;
    /** The ticket of a request that has no header for it; absent: the header alone counts. */
    ticketOf?: (request: FastifyRequest) => string | undefined;
  }
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What the HTTP side needs from the rest of the supervisor. */
export interface ServerDeps {
  readonly rooms: Rooms;
  /** Absent: there are no local rooms. */
  readonly gateway?: Gateway | undefined;
  /** Absent: nobody waits for webhooks. */
  readonly webhooks?: DailyWebhooks | undefined;
  readonly log: Log;
  readonly recordings: Recordings;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Why no rooms should be sent here; empty: ready. */
  readonly ready: () => readonly string[];
  /** Empty: every caller may do everything. */
  readonly tokens: readonly Token[];
  /** Other origins whose pages may use the API, such as `https://console.example`; takes tokens. */
  readonly cors?: readonly string[];
  /** Where the console's files are, absolute, there or not yet. */
  readonly consoleFolder: string;
  /** What tickets are signed with, see base/local-key.ts. */
  readonly localKey: Buffer;
  readonly version: string;
  readonly specVersion: string;
  readonly forwarding: Forwarding;
  /** Connections open at once, of whatever kind; more are closed as they come. */
  readonly maxConnections?: number;
  /** Live streams open at once; more are refused. */
  readonly maxStreams?: number;
  /** Streams that a consumer may open or change in a minute. */
  readonly requestsPerMinute?: number;
  /** Events that a consumer may bring in a minute. */
  readonly eventsPerMinute?: number;
}
