// Drives the process pool of @livekit/agents as its worker does, without a server and without inference.
// Orders come by IPC, one at a time: fill, cold, warm, pids, close. Each has one answer.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const dist = new URL('../../../.venv/peers/node_modules/@livekit/agents/dist/', import.meta.url);
const { ProcPool } = await import(new URL('ipc/proc_pool.js', dist));
const { initializeLogger } = await import(new URL('log.js', dist));
initializeLogger({ pretty: false, level: 'error' });

let pool;
let jobs = 0;

/** The worker's own defaults, but for more time: a busy machine shall not count against it. */
const makePool = (agent, numIdleProcesses) =>
  new ProcPool({
    agent: fileURLToPath(new URL(`livekit-${agent}.mjs`, import.meta.url)),
    numIdleProcesses,
    initializeTimeout: 60_000,
    closeTimeout: 60_000,
    sessionEndTimeout: 60_000,
    memoryWarnMB: 1_000,
    memoryLimitMB: 0,
  });

const job = () => ({
  acceptArguments: { name: '', identity: 'bench', metadata: '' },
  job: { id: `job-${++jobs}`, agentName: '', room: { name: `room-${jobs}`, sid: `sid-${jobs}` } },
  url: 'ws://127.0.0.1:9',
  token: '',
  workerId: 'bench',
});

async function untilIdle(count) {
  while (pool.warmedProcQueue.items.length < count) await sleep(2);
}

/** Milliseconds from launchJob to the message that the agent's entry sends; the process is closed again. */
async function entered(from, waiting) {
  const start = performance.now();
  const launched = from.launchJob(job());
  // A pool without idle processes has started one before its first await.
  const executor = waiting ?? from.executors[0];
  const ms = new Promise((resolve) => {
    executor.proc.on('message', (message) => {
      if (message.case === 'entered') resolve(performance.now() - start);
    });
  });
  await launched;
  await ms;
  await executor.close();
  return ms;
}

const orders = {
  /** Milliseconds until so many processes wait for a job. */
  async fill({ count }) {
    const start = performance.now();
    pool = makePool('empty', count);
    pool.start();
    await untilIdle(count);
    return performance.now() - start;
  },
  cold: ({ agent }) => entered(makePool(agent, 0)),
  /** Answers when the pool is full again, so that nothing of it disturbs what is measured next. */
  async warm() {
    const { items } = pool.warmedProcQueue;
    const count = items.length;
    const ms = await entered(pool, items[0].proc);
    await untilIdle(count);
    return ms;
  },
  pids: () => pool.warmedProcQueue.items.map(({ proc }) => proc.proc.pid),
  close: () => pool.close(),
};

process.on('message', async ({ order, ...args }) => process.send({ answer: await orders[order](args) }));
// Whoever drives it has gone; its processes leave by themselves.
await once(process, 'disconnect');
process.exit(0);
