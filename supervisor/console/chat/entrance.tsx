import { useSignal } from '@preact/signals';
import { link } from '../live.ts';
import { enter, lastName } from './seat.ts';

const MAX_NAME = 64;

/** Where one says one's name to come in. */
export function Entrance({ roomId }: { readonly roomId: string }) {
  const entering = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget as HTMLFormElement).get('name');
    entering.value = true;
    await enter(roomId, String(name).trim());
    entering.value = false;
  };
  return (
    <form class="chat-entrance" onSubmit={submit}>
      <label>
        Your name
        <input name="name" required maxLength={MAX_NAME} defaultValue={lastName()} autocomplete="nickname" />
      </label>
      <button type="submit" class="primary" disabled={entering.value || link.value.state !== 'live'}>
        {entering.value ? 'Entering …' : 'Enter the room'}
      </button>
      <p>You are watching. Enter to write; everybody in the room sees your name.</p>
    </form>
  );
}
