import type { NamedLayer } from '../../spec/compose.ts';
import type { AssistantRecord, Assistants, FoundAssistant } from '../assistants/api.ts';
import { type Policies, PolicyError } from '../policy/port.ts';
import { composeSnapshot } from '../policy/snapshot.ts';
import type { AdmissionConfig } from './admission.ts';
import type { RoomRequest } from './api.ts';
import { type ConnectorsConfig, checkConnector } from './connectors.ts';
import type { PlannedRequest, RoomPlan } from './plan.ts';
import type { RestartConfig } from './restart-budget.ts';
import type { BotConfig } from './warm/pools.ts';

/** The part of the configuration that rooms need. Durations in milliseconds. */
export interface RoomsConfig {
  readonly bots: Readonly<Record<string, BotConfig>>;
  readonly policies: Policies;
  readonly connectors: ConnectorsConfig;
  /** Absent: an assistant is a name and nothing more. */
  readonly assistants?: Assistants | undefined;
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

export type Planned =
  | { readonly ok: true; readonly plan: RoomPlan }
  /** `assistant`: it is for the record of that, and whether asking again may help. */
  | { readonly ok: false; readonly detail: string; readonly assistant?: { readonly retryable: boolean } };

/** An assistant's layer is named so, with its id behind. */
const ASSISTANT_LAYER = 'assistant:';

/** What a room that is brought back has been found to have. */
export interface Begun {
  /** Undefined: it began without. */
  readonly assistant: AssistantRecord | undefined;
}

/**
 * A request → everything a room needs to run, or why it can't be met. A room that has begun keeps its assistant's record:
 * nobody is asked, so no supervisor that comes back waits for anybody.
 */
export async function planRoom(request: RoomRequest, config: RoomsConfig, begun?: Begun): Promise<Planned> {
  const bot = Object.hasOwn(config.bots, request.bot) ? config.bots[request.bot] : undefined;
  if (bot === undefined) {
    const there = Object.keys(config.bots).join(', ');
    return { ok: false, detail: `bot: expected one of the configured bots (${there}), got "${request.bot}"` };
  }
  const connector = await checkConnector(request, config.connectors);
  if (!connector.ok) return connector;
  const found = begun === undefined ? await findAssistant(request, config) : undefined;
  if (found?.ok === false) {
    const { detail, retryable } = found;
    return { ok: false, detail: `assistantId: ${detail}`, assistant: { retryable } };
  }
  const { idleTimeout, maxDuration, memory, heartbeatTimeout, shutdownGrace, restart } = config;
  try {
    const assistant = begun?.assistant ?? found?.record;
    const planned = { ...request, options: connector.options, ...(assistant && { assistant }) };
    const layers = await layersOf(planned, config.policies);
    return {
      ok: true,
      plan: {
        asked: request,
        request: planned,
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
export async function layersOf(request: PlannedRequest, policies: Policies): Promise<NamedLayer[]> {
  const { policy, assistant } = request;
  return [
    ...(await policies.layersFor(request)),
    ...(assistant?.policy ? [{ name: ASSISTANT_LAYER + assistant.id, layer: assistant.policy }] : []),
    ...(policy ? [{ name: 'request', layer: policy }] : []),
  ];
}

/** Undefined: there is no assistant, or nobody to ask. */
async function findAssistant(
  { assistantId }: RoomRequest,
  { assistants }: RoomsConfig,
): Promise<FoundAssistant | undefined> {
  return assistantId === undefined ? undefined : assistants?.find(assistantId);
}
