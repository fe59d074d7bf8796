import { computed, signal } from '@preact/signals';

/** `#/rooms/lobby/chat` → `['rooms', 'lobby', 'chat']` */
const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export type Route =
  | { readonly page: 'rooms' }
  | { readonly page: 'room'; readonly roomId: string; readonly tab: 'events' | 'charts' | 'chat' | 'policy' }
  | { readonly page: 'forwarding' }
  /** A link that invites into a room; its ticket stands behind the `?`. */
  | { readonly page: 'join'; readonly roomId: string; readonly ticket: string | null }
  | { readonly page: 'unknown' };

const TABS = ['events', 'charts', 'chat', 'policy'] as const;

export const route = computed<Route>(() => {
  const [path = '', query = ''] = hash.value.replace(/^#\/?/, '').split('?', 2);
  const [page = '', roomId = '', tab = 'events', ...rest] = path.split('/').map(decode);
  if (rest.length > 0) return { page: 'unknown' };
  if (page === '' || (page === 'rooms' && roomId === '')) return { page: 'rooms' };
  if (page === 'forwarding') return { page };
  if (page === 'join' && roomId !== '') return { page, roomId, ticket: new URLSearchParams(query).get('ticket') };
  const known = TABS.find((name) => name === tab);
  return page === 'rooms' && known !== undefined ? { page: 'room', roomId, tab: known } : { page: 'unknown' };
});

export function linkTo(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
