import { expect, test } from 'vitest';
import { instants, parseSegments, RecordingError } from '../../../bot/rooms/segments.ts';

const good = '{"start": 0.5, "end": 1.2345, "participant": "A", "text": "Hello."}';

test('a recording is read, in milliseconds, empty lines left out', () => {
  expect(parseSegments(`${good}\n\n${good}\r\n`)).toEqual(
    Array(2).fill({ start: 500, end: 1_235, participantId: 'A', text: 'Hello.' }),
  );
});

test.each([
  ['', /expected at least one segment, got none/],
  [`${good}\n{"start": 1`, /^line 2: expected one JSON object/],
  [`${good}\n7`, /^line 2: expected one JSON object/],
  ['{"start": -1, "end": 2, "participant": "A", "text": ""}', /^line 1: expected "start" in seconds/],
  ['{"start": "1", "end": 2, "participant": "A", "text": ""}', /"start"/],
  ['{"start": 3, "end": 2, "participant": "A", "text": ""}', /"end" in seconds, not before "start"/],
  ['{"start": 1, "end": 1e999, "participant": "A", "text": ""}', /"end"/],
  ['{"start": 1, "end": 2, "participant": "", "text": ""}', /"participant"/],
  ['{"start": 1, "end": 2, "participant": "A"}', /"text"/],
])('%j is refused by line and expectation', (content, message) => {
  expect(() => parseSegments(content)).toThrow(RecordingError);
  expect(() => parseSegments(content)).toThrow(message);
});

test('what people said is not in the message', () => {
  expect(() => parseSegments('{"text": "a secret"')).toThrow(/^line 1: expected one JSON object a line$/);
});

test('instants gather what begins and ends at one moment, in order', () => {
  const [first, second] = parseSegments(
    '{"start":2,"end":3,"participant":"B","text":""}\n{"start":1,"end":2,"participant":"A","text":""}',
  );
  expect(instants([first, second].filter((segment) => segment !== undefined))).toEqual([
    { time: 1_000, starts: [second], ends: [] },
    { time: 2_000, starts: [first], ends: [second] },
    { time: 3_000, starts: [], ends: [first] },
  ]);
});
