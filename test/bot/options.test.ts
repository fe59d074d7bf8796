import { expect, test } from 'vitest';
import { OptionsError, readBehaviour } from '../../bot/options.ts';
import { createConnector } from '../../bot/rooms/connect.ts';
import { testBus } from '../helpers/test-bus.ts';

test('defaults are filled in and options of others are left alone', () => {
  expect(readBehaviour({ scoreEvery: 1_000, meeting: 'x' })).toEqual({
    scoreEvery: 1_000,
    window: 300_000,
    dominanceThreshold: 0.5,
    minSpeech: 60_000,
    messageEvery: 120_000,
    greet: true,
  });
});

test('wrong options are refused, all at once', () => {
  expect(() =>
    readBehaviour({ scoreEvery: 0, window: '5m', dominanceThreshold: 2, messageEvery: -1, greet: 'no' }),
  ).toThrow(
    /greet: expected true or false, got "no"; .*scoreEvery.*0; .*window.*"5m"; .*dominanceThreshold.*2; .*messageEvery.*-1/,
  );
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['zoom', {}, /expected local, daily, transcript or recording, got "zoom"/],
  ['transcript', {}, /options.folder: expected an absolute path/],
  ['transcript', { folder: 'meetings', meeting: 'a' }, /options.folder/],
  ['transcript', { folder: '/m', meeting: '../a' }, /options.meeting.*"..\/a"/],
  ['recording', { folder: 'm', recording: 'a' }, /options.folder/],
  ['recording', { folder: '/m', recording: '../a' }, /options.recording.*"..\/a"/],
  ['recording', { folder: '/m', recording: 'a', attempt: 0 }, /options.attempt: expected a whole number/],
  ['transcript', { folder: '/m', meeting: 'a', speed: 0 }, /options.speed: expected a number above 0, got 0/],
])('connector %s with %j is refused', (name, options, message) => {
  const { bus, clock, newId } = testBus();
  const create = () => createConnector(name, options, { bus, clock, newId, onError: () => {}, say: () => {} });
  expect(create).toThrow(OptionsError);
  expect(create).toThrow(message);
});
