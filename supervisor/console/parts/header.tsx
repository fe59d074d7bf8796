import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { link } from '../live.ts';
import { linkTo, route } from '../router.ts';
import { signOut, token } from '../session.ts';
import { chooseTheme, type ThemeChoice, themeChoice } from '../theme.ts';
import { Time } from './time.tsx';

/** `guest`: somebody invited into one room, for whom the rest of the console isn't. */
export function Header({ guest }: { readonly guest: boolean }) {
  return (
    <header class="top">
      <a class="brand" href={guest ? undefined : linkTo()}>
        <span class="brand-sign" aria-hidden="true" /> roomd
      </a>
      {!guest && <Navigation />}
      <LinkState />
      <label class="theme">
        <span class="visually-hidden">Theme</span>
        <select
          value={themeChoice.value}
          onChange={({ currentTarget }) => chooseTheme(currentTarget.value as ThemeChoice)}
        >
          <option value="system">Auto</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </select>
      </label>
      {!guest && token.value !== null && (
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      )}
    </header>
  );
}

function Navigation() {
  const { page } = route.value;
  const inRooms = page === 'rooms' || page === 'room';
  return (
    <nav aria-label="Console">
      <a href={linkTo()} aria-current={inRooms ? 'page' : undefined}>
        Rooms
      </a>
      <a href={linkTo('forwarding')} aria-current={page === 'forwarding' ? 'page' : undefined}>
        Forwarding
      </a>
    </nav>
  );
}

/** Whether events come. */
function LinkState() {
  const { state } = link.value;
  const downSince = useSignal<number | null>(null);
  useEffect(() => {
    if (state !== 'down') downSince.value = null;
    else downSince.value ??= systemClock.now();
  }, [state]);
  return (
    <p class={`link ${state}`} role="status">
      <span class="link-sign" aria-hidden="true" />
      {WORDS[state]}
      {downSince.value !== null && (
        <span class="link-since">
          {'since '}
          <Time at={downSince.value} />
        </span>
      )}
    </p>
  );
}

const WORDS = {
  connecting: 'connecting …',
  live: 'live',
  down: 'no answer',
  refused: 'no events',
} as const;
