import type { RoomView } from '../rooms.ts';
import { Notice } from './notice.tsx';
import { Time } from './time.tsx';

const REASONS: Readonly<Record<NonNullable<RoomView['stop']>['reason'], string>> = {
  requested: 'somebody has stopped it',
  idle: 'nobody was there and nothing happened for too long',
  max_duration: 'it had run for as long as it may',
  policy: 'its policy was broken',
  crash_loop: 'its bot crashed too often',
  bot_done: 'its bot was done',
  ejected: 'somebody has put its bot out of the call',
  join_failed: 'its bot could not join',
  refused: 'its bot refused to run',
  drain: 'roomd was stopping',
  lost: 'it could not be brought back',
};

const CALM: readonly string[] = ['requested', 'idle', 'max_duration', 'bot_done', 'ejected', 'drain'];

/** Why a room is over, and what its bot said last. */
export function RoomEnd({ room: { stop, quarantine } }: { readonly room: RoomView }) {
  if (stop === null) return null;
  const { reason, code, signal, stderr } = stop;
  const how = signal ?? (code === null ? 'no exit code' : `exit code ${code}`);
  return (
    <Notice tone={CALM.includes(reason) ? 'plain' : 'warn'}>
      <p>
        <strong>This room has ended:</strong> {REASONS[reason]} ({reason}, {how}).
        {quarantine !== null && (
          <>
            {' Its id is refused until '}
            <Time at={quarantine.until} />.
          </>
        )}
      </p>
      {stderr.length > 0 && (
        <details>
          <summary>What its bot wrote to standard error last</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
          <pre class="command" tabIndex={0}>
            {stderr.join('\n')}
          </pre>
        </details>
      )}
    </Notice>
  );
}
