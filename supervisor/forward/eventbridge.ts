import type {
  DescribeEventBusCommand,
  EventBridgeClient,
  EventBridgeClientConfig,
  PutEventsCommand,
} from '@aws-sdk/client-eventbridge';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import { classifyError, classifyPresence, classifyResponse } from './classify.ts';
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
  readonly PutEvents: typeof PutEventsCommand;
  readonly DescribeEventBus: typeof DescribeEventBusCommand;
}

/** Amazon EventBridge. The SDK costs 66 ms and 26 MB, so it is loaded by the first request. */
export function openEventBridge(options: EventBridgeOptions): Target {
  const { region, bus, clock } = options;
  const timeouts = { ...TIMEOUTS_MS, ...options.timeouts };
  let loading: Promise<Sdk> | undefined;

  async function load(): Promise<Sdk> {
    const { EventBridgeClient, PutEventsCommand, DescribeEventBusCommand } = await import(
      '@aws-sdk/client-eventbridge'
    );
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
    return { client, PutEvents: PutEventsCommand, DescribeEventBus: DescribeEventBusCommand };
  }

  /** One call within the time limits; what it throws says which limit was reached. */
  async function call<T>(signal: AbortSignal, work: (sdk: Sdk, abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const giveUp = () => abort.abort();
    let timer: Timer | undefined;
    let isOverdue = false;
    try {
      loading ??= load().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      const sdk = await loading;
      if (signal.aborted) giveUp();
      // Cheaper than AbortSignal.any, a thousand times a second.
      signal.addEventListener('abort', giveUp);
      timer = clock.after(timeouts.whole, () => {
        isOverdue = true;
        giveUp();
      });
      return await work(sdk, abort.signal);
    } catch (error) {
      throw isOverdue ? { name: 'TimeoutError' } : error;
    } finally {
      timer?.cancel();
      signal.removeEventListener('abort', giveUp);
    }
  }

  return {
    name: `eventbridge/${region}/${bus}`,
    async send(input, signal) {
      const count = input.Entries.length;
      try {
        const response = await call(signal, ({ client, PutEvents }, abortSignal) =>
          client.send(new PutEvents(input), { abortSignal }),
        );
        return classifyResponse(response, count);
      } catch (error) {
        return classifyError(error, count);
      }
    },
    async check(signal) {
      try {
        const { Arn, CreationTime } = await call(signal, ({ client, DescribeEventBus }, abortSignal) =>
          client.send(new DescribeEventBus({ Name: bus }), { abortSignal }),
        );
        return { kind: 'there', identity: `${Arn} ${CreationTime?.toISOString()}` };
      } catch (error) {
        return classifyPresence(error, bus);
      }
    },
    async close() {
      const sdk = await loading?.catch(() => undefined);
      sdk?.client.destroy();
    },
  };
}
