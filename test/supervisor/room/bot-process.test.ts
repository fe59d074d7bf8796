import { describe, expect, it } from 'vitest';
import type { Command } from '../../../spec/command.ts';
import { newId } from '../../../supervisor/base/ids.ts';
import type { ChildListener, Exit } from '../../../supervisor/child/port.ts';
import { BotProcess, type KillReason } from '../../../supervisor/room/bot-process.ts';
import { createMachine } from '../../../supervisor/room/machine.ts';
import { RunFolder } from '../../../supervisor/room/run-folder.ts';
import type { Loan } from '../../../supervisor/room/warm/pools.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { FakeProcesses } from './processes-rig.ts';
import { runParts } from './rig.ts';
import { HEARTBEAT } from './warm/fake-child.ts';

const LINE = HEARTBEAT.replace('bot.health.heartbeat', 'assistant.room.join.requested');

/** A room that has got a process which waited; the process does what the test says. */
async function assigned() {
  const { data, originKey } = await runParts();
  const clock = new FakeClock();
  const folder = new RunFolder(data, newId(), originKey);
  const commands: Command[] = [];
  const told: string[] = [];
  const exited = Promise.withResolvers<Exit>();
  let taker: ChildListener | undefined;
  const child = {
    pid: undefined,
    exited: exited.promise,
    send: (command: Command) => commands.push(command) > 0,
    signal: (signal: string) => exited.resolve({ code: null, signal }),
    unread: 0,
    acknowledge() {},
    pause() {},
    resume() {},
  };
  const adopt = (listener: ChildListener) => {
    taker = listener;
    return { child, folder, stderr: ['from before'], strays: 0, recorded: Promise.resolve() };
  };
  const loan = {
    standby: { folder, adopt },
    answered: () => told.push('answered'),
    unanswered: () => told.push('unanswered'),
  } as unknown as Loan;
  const kills: KillReason[] = [];
  const lines: string[] = [];
  const process = new BotProcess(
    { clock, env: {}, launch: () => child, machine: createMachine(new FakeProcesses(), clock) },
    {
      request: { roomId: 'blue', connector: 'local', bot: 'test' },
      attempt: 1,
      bot: { command: [], env: [] },
      heartbeatTimeout: 45_000,
      memory: 2 ** 30,
    },
    folder,
    {
      onLine: (line) => {
        lines.push(line);
        process.heard();
      },
      onFault() {},
      onStderr: (line) => lines.push(line),
      onStarted() {},
      onBusy() {},
      onMemoryHigh() {},
      onKill: (reason) => kills.push(reason),
      onReaped() {},
    },
    loan,
  );
  return { clock, process, commands, told, kills, lines, exited, say: (line: string) => taker?.onLine(line) };
}

describe('a waiting bot that got a room', () => {
  it('has answered with its first line that is no heartbeat; what it wrote before is the room’s', async () => {
    const { clock, process, told, kills, lines, say, exited } = await assigned();
    const over = process.live();
    say(HEARTBEAT);
    expect([lines, told]).toEqual([['from before'], []]);
    say(LINE);
    say(HEARTBEAT);
    expect([lines, told]).toEqual([['from before', LINE, HEARTBEAT], ['answered']]);
    await clock.pass(6_000);
    expect(kills).toEqual([]);
    exited.resolve({ code: 0, signal: null });
    await over;
    expect(told).toEqual(['answered']);
  });

  it('is killed when it says nothing, but not before what lies in its pipe was read', async () => {
    const late = await assigned();
    void late.process.live();
    // The supervisor was away: the timer comes first, and then the line.
    late.clock.advance(5_000);
    late.say(LINE);
    await late.clock.pass(10_000);
    expect(late.kills).toEqual([]);

    const mute = await assigned();
    const over = mute.process.live();
    await mute.clock.pass(5_100);
    expect(mute.kills).toEqual(['unanswered']);
    await over;
    expect(mute.told).toEqual(['unanswered']);
  });

  it.each([
    [
      'the shutdown command',
      (process: BotProcess) => void process.send({ type: 'shutdown', reason: 'x', deadlineMs: 1 }),
    ],
    ['a signal', (process: BotProcess) => process.terminate()],
    ['force', (process: BotProcess) => process.kill('deaf')],
  ])('says nothing of its pool when it was told to leave by %s', async (_how, leave) => {
    const { process, told, exited } = await assigned();
    const over = process.live();
    leave(process);
    exited.resolve({ code: 0, signal: null });
    await over;
    expect(told).toEqual([]);
  });

  it('gets none, and ends, when its room was called off before', async () => {
    const { process, commands, told } = await assigned();
    process.terminate();
    expect(await process.live()).toEqual({ code: null, signal: 'SIGKILL' });
    expect([commands, told]).toEqual([[], []]);
  });

  it('counts as one that did not answer when its room could not be prepared', async () => {
    const { process, told } = await assigned();
    process.cancel();
    await process.live();
    expect(told).toEqual(['unanswered']);
  });

  it('is said to be killed once, for the first reason', async () => {
    const { process, kills, exited } = await assigned();
    const over = process.live();
    process.kill('deaf');
    process.kill('deadline');
    exited.resolve({ code: null, signal: 'SIGKILL' });
    await over;
    expect([kills, process.killedFor]).toEqual([['deaf'], 'deaf']);
  });
});
