import { signal } from '@preact/signals';

const media = matchMedia('(max-width: 44rem)');

/** Whether the page is as narrow as a phone; style sheets ask the same. */
export const narrow = signal(media.matches);

media.addEventListener('change', ({ matches }) => {
  narrow.value = matches;
});
