/**
 * A stand-in for Daily's call machine, served to the unmodified client in its place. It speaks what the client (0.92.2)
 * expects of a machine in its page, and has the hub of the tests for a service. It proves our use of the client, not
 * Daily's servers: there is no media, no signalling and no rule of theirs here but those that a test writes.
 */
import { Machine } from './machine.ts';

interface Instance {
  callMachine?: Machine;
  publicPath?: string;
}

declare global {
  var _daily: { readonly pendings: string[]; readonly instances: Record<string, Instance> };
  var _dailyCallMachineLoadWaitlist: Set<string> | undefined;
}

// A script that comes after the client has given up is nobody's.
if (globalThis._dailyCallMachineLoadWaitlist?.size !== 0) {
  for (const id of globalThis._daily.pendings.splice(0)) {
    const instance = globalThis._daily.instances[id];
    if (instance !== undefined) {
      instance.callMachine = new Machine(id, () => new URL(instance.publicPath ?? location.href).origin);
    }
  }
}
