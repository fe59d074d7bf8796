import { RoomsPage } from './pages/rooms.tsx';
import { route } from './router.ts';

export function App() {
  switch (route.value.page) {
    case 'rooms':
      return <RoomsPage />;
    default:
      return <p>There is no such page.</p>;
  }
}
