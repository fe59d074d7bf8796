import type { NamedLayer } from '../../spec/compose.ts';
import { type Policies, PolicyError } from '../policy/port.ts';
import { composeSnapshot } from '../policy/snapshot.ts';
import type { AdmissionConfig } from './admission.ts';
import type { RoomRequest } from './api.ts';
import { type ConnectorsConfig, checkConnector } from './connectors.ts';
import type { RoomPlan } from './plan.ts';
import type { RestartConfig } from './restart-budget.ts';
import type { BotConfig } from './warm/pools.ts';

/** The part of the configuration that rooms need. Durations in milliseconds. */
export interface RoomsConfig {
  readonly bots: Readonly<Record<string, BotConfig>>;
  readonly policies: Policies;
  readonly connectors: ConnectorsConfig;
  readonly max: number;
  readonly admission: Omit<AdmissionConfig, 'max'>;
  readonly idleTimeout: number;
  readonly maxDuration: number;
  /** Bytes. */
  readonly memory: number;
  readonly heartbeatTimeout: number;
  readonly shutdownGrace: number;
  readonly restart: RestartConfig;
}

export type Planned = { readonly ok: true; readonly plan: RoomPlan } | { readonly ok: false; readonly detail: string };

/** A request → everything a room needs to run, or why it can't be met. */
export async function planRoom(request: RoomRequest, config: RoomsConfig): Promise<Planned> {
  const bot = Object.hasOwn(config.bots, request.bot) ? config.bots[request.bot] : undefined;
  if (bot === undefined) {
    const there = Object.keys(config.bots).join(', ');
    return { ok: false, detail: `bot: expected one of the configured bots (${there}), got "${request.bot}"` };
  }
  const connector = await checkConnector(request.connector, request.options ?? {}, config.connectors);
  if (!connector.ok) return connector;
  const { idleTimeout, maxDuration, memory, heartbeatTimeout, shutdownGrace, restart } = config;
  try {
    const layers = await layersOf(request, config.policies);
    return {
      ok: true,
      plan: {
        asked: request,
        request: { ...request, options: connector.options },
        bot,
        layers,
        policy: composeSnapshot(layers),
        limits: {
          idleTimeout: request.limits?.idleTimeout ?? idleTimeout,
          maxDuration: request.limits?.maxDuration ?? maxDuration,
          memory: request.limits?.memory ?? memory,
        },
        heartbeatTimeout,
        shutdownGrace,
        restart,
      },
    };
  } catch (error) {
    if (error instanceof PolicyError) return { ok: false, detail: error.message };
    throw error;
  }
}

/** Everything that is said about this room, weakest claim first. Rejects with a PolicyError. */
export async function layersOf(request: RoomRequest, policies: Policies): Promise<NamedLayer[]> {
  const layers = await policies.layersFor(request);
  return request.policy === undefined ? layers : [...layers, { name: 'request', layer: request.policy }];
}
