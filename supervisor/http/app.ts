import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Forwarding } from '../forward/api.ts';
import type { Log } from '../log/port.ts';
import type { Recordings } from '../recordings/api.ts';
import type { Rooms } from '../room/api.ts';
import type { Access, Caller, Token } from './auth.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler runs. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** What the route asks of its caller; absent: any valid token. */
    access?: Access;
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
  readonly log: Log;
  readonly recordings: Recordings;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Why no rooms should be sent here; empty: ready. */
  readonly ready: () => readonly string[];
  /** Empty: every caller may do everything. */
  readonly tokens: readonly Token[];
  readonly version: string;
  readonly specVersion: string;
  readonly forwarding: Forwarding;
  /** Live streams open at once; more are refused. */
  readonly maxStreams?: number;
  /** Streams that a consumer may open or change in a minute. */
  readonly requestsPerMinute?: number;
}
