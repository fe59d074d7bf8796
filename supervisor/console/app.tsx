import { useEffect, useRef } from 'preact/hooks';
import { link, tell } from './live.ts';
import { ForwardingPage } from './pages/forwarding.tsx';
import { JoinPage } from './pages/join.tsx';
import { RoomPage } from './pages/room.tsx';
import { RoomsPage } from './pages/rooms.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { Banners } from './parts/banners.tsx';
import { Empty } from './parts/empty.tsx';
import { Footer } from './parts/footer.tsx';
import { Header } from './parts/header.tsx';
import { linkTo, type Route, route } from './router.ts';
import { keptTicket, token, unwelcome } from './session.ts';
import type { Refusal } from './worker/protocol.ts';

export function App() {
  const now = route.value;
  useConnection();
  useTitle();
  useArrival();
  return (
    <>
      <button type="button" class="skip" onClick={focusMain}>
        Skip to the content
      </button>
      <Header guest={now.page === 'join'} />
      <Banners />
      {now.page === 'join' ? <JoinPage roomId={now.roomId} ticket={now.ticket} /> : <Operators now={now} />}
    </>
  );
}

type Own = Exclude<Route, { page: 'join' }>;

function Operators({ now }: { readonly now: Own }) {
  const refusal = refused();
  return (
    <>
      <main id="main" tabIndex={-1}>
        {refusal === undefined ? <Page now={now} /> : <SignInPage refusal={refusal} />}
      </main>
      <Footer />
    </>
  );
}

function Page({ now }: { readonly now: Own }) {
  switch (now.page) {
    case 'rooms':
      return <RoomsPage />;
    case 'room':
      return <RoomPage key={now.roomId} roomId={now.roomId} tab={now.tab} />;
    case 'forwarding':
      return <ForwardingPage />;
    case 'unknown':
      return (
        <>
          <h1>No such page</h1>
          <Empty title="There is nothing at this address.">
            <p>
              <a href={linkTo()}>To the rooms</a>
            </p>
          </Empty>
        </>
      );
  }
}

/** The worker watches what the page is about, as whoever is signed in. */
function useConnection(): void {
  const now = route.value;
  const room = now.page === 'room' || now.page === 'join' ? now.roomId : null;
  const invitation = now.page === 'join' ? (now.ticket ?? keptTicket(now.roomId)) : null;
  const shown = invitation ?? token.value;
  useEffect(() => tell({ type: 'connect', token: shown }), [shown]);
  useEffect(() => tell({ type: 'watch', room }), [room]);
}

function useTitle(): void {
  const now = route.value;
  const name = now.page === 'room' || now.page === 'join' ? now.roomId : now.page;
  useEffect(() => {
    document.title = `${name} · roomd`;
  }, [name]);
}

/** A new page begins at its beginning, also for who doesn't see it. */
function useArrival(): void {
  const now = route.value;
  const place = `${now.page} ${now.page === 'room' ? now.roomId : ''}`;
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    focusMain();
    scrollTo(0, 0);
  }, [place]);
}

function focusMain(): void {
  document.getElementById('main')?.focus({ preventScroll: true });
}

/** Why somebody has to sign in. */
function refused(): Refusal | undefined {
  if (unwelcome.value !== null) return unwelcome.value;
  const { state, refusal } = link.value;
  return state === 'refused' && refusal?.status === 401 ? refusal : undefined;
}
