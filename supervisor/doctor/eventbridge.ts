import { openEventBridge } from '../forward/eventbridge.ts';
import type { Target } from '../forward/port.ts';
import { type Check, type Finding, fail, ok, type Scope, skipped, warn } from './api.ts';

const DRY = 'nothing is sent: the target is dry-run';
const CREDENTIALS =
  'give roomd credentials as the AWS SDK looks for them: variables, a shared file, or the role of the machine';

/** Whether there is such a bus, as far as that may be seen. */
export const eventBridge: Check = {
  name: 'EventBridge',
  look: (scope) =>
    withTarget(scope, async (target) => {
      const { bus, region } = scope.config.forward;
      const presence = await target.check?.(scope.signal);
      if (presence?.kind === 'there') return ok(`the bus ${bus} in ${region} is there`);
      if (presence?.kind === 'missing') {
        return fail(
          presence.reason,
          `make it (aws events create-event-bus --name ${bus}), or see forward.bus and forward.region`,
        );
      }
      const reason = presence?.reason ?? 'no answer';
      if (presence?.denied) {
        const todo =
          'allow events:DescribeEventBus: without it nobody sees whether the bus is there, and EventBridge takes events for one that is not';
        return warn(`it can't be seen whether the bus ${bus} is there (${reason})`, todo);
      }
      return fail(`the bus ${bus} can't be asked for (${reason})`, adviceOn(reason));
    }),
};

/** Only sending tells whether it is allowed. */
export const putEvents: Check = {
  name: 'PutEvents',
  look: (scope) => {
    if (scope.config.forward.target !== 'eventbridge') return skipped(DRY);
    if (!scope.sendTest) return skipped('not checked: only sending tells; --send-test sends one event, roomd.doctor');
    return withTarget(scope, async (target) => {
      const { source, bus } = scope.config.forward;
      const entry = {
        Source: source,
        DetailType: 'roomd.doctor',
        Detail: JSON.stringify({ version: scope.version }),
        Time: new Date(scope.clock.now()),
        EventBusName: bus,
      };
      const [outcome] = await target.send({ Entries: [entry] }, scope.signal);
      if (outcome?.kind === 'delivered') return ok(`one event, roomd.doctor, was sent to the bus ${bus}`);
      const reason = outcome?.reason ?? 'no answer';
      return fail(`one event was refused (${reason})`, adviceOn(reason));
    });
  },
};

async function withTarget({ config, clock }: Scope, look: (target: Target) => Promise<Finding>): Promise<Finding> {
  const { target: kind, region, bus, endpoint } = config.forward;
  if (kind !== 'eventbridge' || region === undefined) return skipped(DRY);
  const target = openEventBridge({ region, bus, clock, ...(endpoint !== undefined && { endpoint }) });
  try {
    return await look(target);
  } finally {
    await target.close();
  }
}

function adviceOn(reason: string): string {
  if (/^(?:AccessDenied|NotAuthorized)/.test(reason)) return 'allow events:PutEvents on that bus for these credentials';
  if (/Credentials|Token|Client|Signature|Request(?:Expired|InTheFuture|TimeTooSkewed)/.test(reason)) {
    return `${CREDENTIALS}; and see the clock`;
  }
  return 'look at the network, forward.region and forward.endpoint';
}
