import { expect, test } from 'vitest';
import { putBack } from '../../../supervisor/console/chat/put-back.ts';

const empty = { text: '', back: '' };

test('what is refused is put back in its order, above what was written meanwhile', () => {
  let box = putBack(empty, 'one');
  expect(box.text).toBe('one');
  box = putBack(box, 'two');
  expect(box.text).toBe('one\ntwo');
  box = putBack({ ...box, text: `${box.text}\nfour` }, 'three');
  expect(box.text).toBe('one\ntwo\nthree\nfour');
});

test('what was put back and worded anew stays as it is', () => {
  const box = putBack(empty, 'one');
  expect(putBack({ ...box, text: 'One' }, 'two').text).toBe('two\nOne');
  expect(putBack({ ...box, text: 'ones' }, 'two').text).toBe('two\nones');
});
