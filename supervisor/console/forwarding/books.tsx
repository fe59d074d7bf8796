import type { Accounting } from '../../forward/api.ts';
import { count } from '../words.ts';

const FATES: readonly (readonly [keyof Accounting, string, string])[] = [
  ['pending', 'Waiting', 'Not settled yet: on disk, read or on its way.'],
  ['delivered', 'Delivered', 'The target has said so, with an id.'],
  ['deadLettered', 'Dead letters', "Set aside, since it can't be delivered as it is; listed below."],
  ['expired', 'Expired', 'Removed by log.maxAge or log.maxSize before it could be sent.'],
  ['local', 'Stays here', 'Of topics that are never forwarded.'],
  ['sampledOut', 'Sampled out', "Left out by its topic's sample rate."],
  ['pii', 'Private', 'Kept here for what it says about people.'],
  ['specMismatch', 'Other spec', 'Kept here because its bot speaks another version of the spec.'],
];

/** What became of every event that was accepted: the numbers add up, at every moment. */
export function Books({ accounting }: { readonly accounting: Accounting }) {
  return (
    <section class="panel" aria-labelledby="books">
      <h2 id="books">The books</h2>
      <p class="about">What became of every event; the sum is what was accepted.</p>
      <table class="books">
        <tbody>
          {FATES.map(([key, name, meaning]) => (
            <tr key={key} class={isBad(key, accounting) ? 'bad' : undefined}>
              <th scope="row">{name}</th>
              <td class="number">{count(accounting[key])}</td>
              <td class="meaning">{meaning}</td>
            </tr>
          ))}
        </tbody>
        <tfoot class="books-sum">
          <tr>
            <th scope="row">Accepted</th>
            <td class="number">{count(accounting.accepted)}</td>
            <td class="meaning">Committed to the log.</td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

function isBad(key: keyof Accounting, accounting: Accounting): boolean {
  return (key === 'expired' || key === 'deadLettered') && accounting[key] > 0;
}
