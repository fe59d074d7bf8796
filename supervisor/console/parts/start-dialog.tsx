import { useSignal } from '@preact/signals';
import { ApiError, call, type Fault, refusalOf } from '../api.ts';
import type { RoomView } from '../rooms.ts';
import type { Refusal } from '../worker/protocol.ts';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';
import { RefusalNotice } from './notice.tsx';
import { usePolled } from './polled.ts';
import { ConnectorFields, optionsOf } from './start-connector.tsx';
import { type Draft, freeName } from './start-draft.ts';

const LOOK_MS = 60_000;

interface StartDialogProps {
  /** Ids of rooms that run. */
  readonly taken: readonly string[];
  /** What to propose; absent: a free name. */
  readonly roomId?: string;
  readonly onStarted: (roomId: string) => void;
  readonly onClose: () => void;
}

export function StartDialog({ taken, roomId, onStarted, onClose }: StartDialogProps) {
  const draft = useSignal<Draft>({
    roomId: roomId ?? freeName(taken),
    connector: 'local',
    bot: 'default',
    assistantId: '',
    policy: '',
    options: {},
  });
  const busy = useSignal(false);
  const refusal = useSignal<Refusal | undefined>(undefined);
  const faults = useSignal<readonly Fault[]>([]);
  const bots = usePolled<{ bots: { bot: string }[] }>('/v1/bots', LOOK_MS, () => false).value?.bots ?? [];
  const change = (part: Partial<Draft>) => {
    draft.value = { ...draft.value, ...part };
  };
  const start = async () => {
    busy.value = true;
    try {
      const room = await call<RoomView>('POST', '/v1/rooms', bodyOf(draft.value));
      onStarted(room.roomId);
    } catch (error) {
      busy.value = false;
      faults.value = error instanceof ApiError ? error.faults : [];
      refusal.value = refusalOf(error);
    }
  };
  const faultAt = (at: string) =>
    faults.value.find((fault) => fault.at === at || fault.at.startsWith(`${at}/`))?.detail;
  const { roomId: id, connector, bot, assistantId, policy } = draft.value;
  return (
    <Dialog title="Start a room" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <RefusalNotice refusal={refusal.value} />
        <Field
          name="Room id"
          hint="1 to 128 of A–Z a–z 0–9 . _ -"
          fault={faultAt('/roomId')}
          value={id}
          required
          onValue={(value) => change({ roomId: value })}
        />
        <label class="field">
          <span class="field-name">Connector</span>
          <select
            value={connector}
            onChange={({ currentTarget }) =>
              change({ connector: currentTarget.value as Draft['connector'], options: {} })
            }
          >
            <option value="local">local: a chat room that people enter by this console</option>
            <option value="daily">daily: a call at Daily; roomd needs a key for it</option>
            <option value="external">external: a room that the bot connects to by itself</option>
            <option value="transcript">transcript: a meeting from a file, played as if it happened now</option>
            <option value="recording">recording: a room that was exported, played again</option>
          </select>
        </label>
        <ConnectorFields draft={draft.value} faultAt={faultAt} onOptions={(options) => change({ options })} />
        <label class="field">
          <span class="field-name">Bot</span>
          <select value={bot} onChange={({ currentTarget }) => change({ bot: currentTarget.value })}>
            {(bots.length > 0 ? bots.map((one) => one.bot) : ['default']).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <details class="more">
          <summary>Assistant and policy</summary>
          <Field
            name="Assistant id (optional)"
            fault={faultAt('/assistantId')}
            value={assistantId}
            onValue={(value) => change({ assistantId: value })}
          />
          <Field
            name="Policy layer, as JSON (optional)"
            hint={'Only makes the policy stricter, such as {"turns": {"maxPerMinute": 2}}'}
            fault={faultAt('/policy')}
            value={policy}
            lines={4}
            onValue={(value) => change({ policy: value })}
          />
        </details>
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy.value}>
            Start
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Body of `POST /v1/rooms`. Throws an ApiError when the policy isn't JSON. */
function bodyOf({ roomId, connector, bot, assistantId, policy, options }: Draft): Record<string, unknown> {
  const given = optionsOf(connector, options);
  return {
    roomId: roomId.trim(),
    connector,
    bot,
    ...(assistantId.trim() !== '' && { assistantId: assistantId.trim() }),
    ...(policy.trim() !== '' && { policy: parsePolicy(policy) }),
    ...(Object.keys(given).length > 0 && { options: given }),
  };
}

function parsePolicy(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = `expected JSON: ${(error as Error).message}`;
    throw new ApiError(422, 'The policy layer is not JSON', detail, [{ at: '/policy', detail }]);
  }
}
