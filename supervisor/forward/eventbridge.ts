import type { EventBridgeClient, EventBridgeClientConfig, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import { classifyError, classifyResponse } from './classify.ts';
import type { Target } from './port.ts';

export interface EventBridgeOptions {
  readonly region: string;
  readonly bus: string;
  readonly clock: Clock;
  /** Instead of the Region's own, for an emulator or a VPC endpoint. */
  readonly endpoint?: string;
  /** Default: the SDK's chain of providers. */
  readonly credentials?: EventBridgeClientConfig['credentials'];
  readonly timeouts?: Partial<typeof TIMEOUTS_MS>;
}

const TIMEOUTS_MS = {
  connect: 3_000,
  /** To the first byte of the answer. */
  request: 10_000,
  /** To its last byte: the SDK has no limit for an answer that drips. */
  whole: 15_000,
};

interface Sdk {
  readonly client: EventBridgeClient;
  readonly Command: typeof PutEventsCommand;
}

/** Amazon EventBridge. The SDK costs 66 ms and 26 MB, so it is loaded by the first request. */
export function openEventBridge(options: EventBridgeOptions): Target {
  const { region, bus, clock } = options;
  const timeouts = { ...TIMEOUTS_MS, ...options.timeouts };
  let loading: Promise<Sdk> | undefined;

  async function load(): Promise<Sdk> {
    const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
    const client = new EventBridgeClient({
      region,
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      // The forwarder retries by entry, durably; adaptive mode can stall for an hour when the clock steps back.
      maxAttempts: 1,
      retryMode: 'standard',
      requestHandler: {
        connectionTimeout: timeouts.connect,
        requestTimeout: timeouts.request,
        throwOnRequestTimeout: true,
      },
    });
    return { client, Command: PutEventsCommand };
  }

  return {
    name: `eventbridge/${region}/${bus}`,
    async send(input, signal) {
      const count = input.Entries.length;
      const overdue = new AbortController();
      let timer: Timer | undefined;
      try {
        loading ??= load();
        const { client, Command } = await loading;
        timer = clock.after(timeouts.whole, () => overdue.abort());
        const abortSignal = AbortSignal.any([signal, overdue.signal]);
        return classifyResponse(await client.send(new Command(input), { abortSignal }), count);
      } catch (error) {
        return classifyError(overdue.signal.aborted ? { name: 'TimeoutError' } : error, count);
      } finally {
        timer?.cancel();
      }
    },
    async close() {
      const sdk = await loading?.catch(() => undefined);
      sdk?.client.destroy();
    },
  };
}
