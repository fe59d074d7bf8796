import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to the server that breaks when it is told to: one for each consumer. */
export interface Way {
  readonly url: string;
  /** Resets what is connected. */
  reset(): void;
  /** Resets it in the middle of what comes next: `share` of that still gets through. */
  tear(share: number): void;
  /** Takes nothing from the server, or goes on with it. */
  stall(stalls: boolean): void;
  close(): Promise<void>;
}

/** `port`: where the server is at the moment. */
export async function startProxy(port: () => number): Promise<Way> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let share: number | undefined;
  let stalled = false;
  const reset = () => {
    share = undefined;
    for (const { client, server } of pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  };
  const proxy = createServer((client) => {
    const server = connect(port(), '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    // Either end may be cut by the other side at any time: that is what this is for.
    client.on('error', () => server.destroy()).on('close', () => server.destroy());
    server
      .on('error', () => client.resetAndDestroy())
      .on('close', () => {
        pairs.delete(pair);
        client.end();
      });
    client.pipe(server);
    server.on('data', (chunk: Buffer) => {
      if (share === undefined) {
        if (!client.write(chunk)) server.pause();
        return;
      }
      const torn = chunk.subarray(0, Math.floor(chunk.length * share));
      // What was written reaches the client before the reset does.
      client.write(torn, () => setImmediate(reset));
      server.pause();
    });
    client.on('drain', () => stalled || server.resume());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    reset,
    tear: (part) => {
      share = part;
    },
    stall: (stalls) => {
      stalled = stalls;
      for (const { server } of pairs) stalls ? server.pause() : server.resume();
    },
    async close() {
      reset();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
