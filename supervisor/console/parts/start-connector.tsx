import { Field } from './field.tsx';
import { usePolled } from './polled.ts';
import type { Draft } from './start-draft.ts';

const LOOK_MS = 60_000;

interface ConnectorFieldsProps {
  readonly draft: Draft;
  readonly faultAt: (at: string) => string | undefined;
  readonly onOptions: (options: Draft['options']) => void;
}

/** What the connector has to know. */
export function ConnectorFields({ draft: { connector, options }, faultAt, onOptions }: ConnectorFieldsProps) {
  const change = (name: string) => (value: string) => onOptions({ ...options, [name]: value });
  if (connector === 'local' || connector === 'external') return null;
  if (connector === 'daily') {
    return (
      <Field
        name="Room at Daily (optional)"
        hint="Its name there; empty: the room id. A room has to be there, unless createRooms is set"
        fault={faultAt('/options/room')}
        value={options.room ?? ''}
        onValue={change('room')}
      />
    );
  }
  return (
    <div class="fields">
      {connector === 'transcript' ? (
        <Field
          name="Meeting"
          hint="The name of a file in the folder of the connector, without .jsonl"
          fault={faultAt('/options/meeting')}
          value={options.meeting ?? ''}
          required
          onValue={change('meeting')}
        />
      ) : (
        <RecordingField value={options.recording ?? ''} onValue={change('recording')} />
      )}
      <Field
        name="Speed"
        hint="1: as fast as it happened"
        fault={faultAt('/options/speed')}
        value={options.speed ?? '1'}
        isNumber
        onValue={change('speed')}
      />
    </div>
  );
}

function RecordingField({ value, onValue }: { readonly value: string; readonly onValue: (value: string) => void }) {
  const recordings = usePolled<{ recordings: { name: string }[] }>('/v1/recordings', LOOK_MS, () => false).value
    ?.recordings;
  return (
    <label class="field">
      <span class="field-name">Recording</span>
      <select required value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
        <option value="" disabled>
          {recordings?.length === 0 ? 'None is kept: roomd import FILE keeps one' : 'Choose one'}
        </option>
        {recordings?.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What was typed → the connector's options. */
export function optionsOf(
  connector: Draft['connector'],
  { room = '', meeting, recording, speed = '1' }: Draft['options'],
) {
  if (connector === 'local' || connector === 'external') return {};
  if (connector === 'daily') return room.trim() === '' ? {} : { room: room.trim() };
  return {
    ...(connector === 'transcript' ? { meeting: meeting?.trim() } : { recording }),
    ...(speed.trim() !== '' && { speed: Number(speed) }),
  };
}
