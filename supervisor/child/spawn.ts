import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import type { Command } from '../../spec/command.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import { readLines } from './lines.ts';
import type { Child, ChildListener, Exit, Launch, LaunchSpec } from './port.ts';
import { throttle } from './throttle.ts';

const MAX_STDERR_LINE = 65_536;
/** stderr is for people: so much of a line is enough. */
const KEPT_OF_STDERR_LINE = 4_096;
/** How long a grandchild may keep the pipes of a dead bot open. */
const DRAIN_MS = 1_000;
/** Of 1,000, where the supervisor has 0: half of the memory counts on top of what the bot uses. */
const OOM_SCORE = '500';
/** Commands that a bot doesn't read pile up only so far. */
const MAX_UNREAD_COMMANDS = 1_048_576;

/** Starts bots, each as the leader of a process group of its own, with exactly the environment given. */
export function createLauncher(clock: Clock): Launch {
  return (spec, listener) => spawnChild(spec, listener, clock);
}

function spawnChild(spec: LaunchSpec, listener: ChildListener, clock: Clock): Child {
  const [program = '', ...args] = spec.command;
  const subprocess = execa(program, args, {
    cwd: spec.cwd,
    env: { ...spec.env },
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const { pid, stdin, stdout, stderr, nodeChildProcess } = subprocess;
  let gone = false;
  offerToOomKiller(pid);
  // A bot that has gone makes writing fail; its exit tells the rest.
  stdin.on('error', () => {});
  const stderrThrottle = throttle(stderr, clock);
  const outputRead = Promise.all([
    readLines(stdout, spec.maxLineBytes, listener),
    readLines(stderr, MAX_STDERR_LINE, {
      onLine: (line) => listener.onStderr(line.slice(0, KEPT_OF_STDERR_LINE)),
      onFault: (fault, bytes) => listener.onStderr(`(${fault}: ${bytes} bytes left out)`),
    }),
  ]);

  const exited = new Promise<Exit>((resolve) => {
    const finish = async (exit: Exit) => {
      // From here on its number may become another's: nothing is sent to it again.
      gone = true;
      // Whatever the bot started goes with it, and the pipes with that. Its group keeps the number as long as it has
      // members. When it has none, the number has been free for as long as this event took to get here, and numbers
      // come round again only after all others: nobody can have it yet.
      signalGroup(pid, 'SIGKILL');
      stderrThrottle.lift();
      const closePipes = () => {
        // Held back, not held open: what is in the pipe will still be read.
        if (stdout.isPaused()) limit = clock.after(DRAIN_MS, closePipes);
        else for (const stream of [stdout, stderr]) stream.destroy();
      };
      let limit = clock.after(DRAIN_MS, closePipes);
      await outputRead;
      limit.cancel();
      resolve(exit);
    };
    // Not execa's own promise: it waits for the pipes, which a grandchild may hold open.
    nodeChildProcess.once('exit', (code, signal) => void finish({ code, signal }));
    void subprocess.then((result) => {
      if (pid === undefined) void finish({ code: null, signal: null, error: result.originalMessage ?? 'spawn failed' });
    });
  });

  let pendingAck: string | undefined;
  const acknowledge = (through: string) => {
    if (stdin.writableNeedDrain) {
      if (pendingAck === undefined) stdin.once('drain', sendPendingAck);
      pendingAck = through;
    } else if (stdin.writable) {
      stdin.write(toLine({ type: 'ack', through }));
    }
  };
  const sendPendingAck = () => {
    const through = pendingAck;
    pendingAck = undefined;
    if (through !== undefined) acknowledge(through);
  };

  return {
    pid,
    exited,
    acknowledge,
    get unread() {
      return stdin.writableLength;
    },
    send(command: Command): boolean {
      if (!stdin.writable || stdin.writableLength > MAX_UNREAD_COMMANDS) return false;
      stdin.write(toLine(command));
      return true;
    },
    pause: () => void stdout.pause(),
    resume: () => void stdout.resume(),
    signal(signal) {
      if (!gone) signalGroup(pid, signal);
    },
  };
}

/** When memory runs out, the kernel takes bots, and what they have started, before it takes the supervisor. */
function offerToOomKiller(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, OOM_SCORE);
  } catch {
    // It has gone already, or this isn't Linux.
  }
}

function toLine(command: Command): string {
  return `${JSON.stringify(command)}\n`;
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
