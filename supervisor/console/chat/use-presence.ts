import { useEffect } from 'preact/hooks';
import { mention } from './seat.ts';

/** While one is in a room, it is told when this page is looked at and when not. */
export function usePresence(isIn: boolean): void {
  useEffect(() => {
    if (!isIn) return undefined;
    const told = () => mention({ type: 'presence', presence: document.hidden ? 'away' : 'here' });
    // A place that was kept has been left by a page that went away.
    told();
    document.addEventListener('visibilitychange', told);
    return () => document.removeEventListener('visibilitychange', told);
  }, [isIn]);
}
