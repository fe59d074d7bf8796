import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import { root, runDaemon } from '../helpers/daemon.ts';
import { describeInBrowser, inspect, openPage, until } from './browser.ts';

/** Of each canvas, the numbers of those of the charts' ten colours, as the style sheets have them now, that are in it. */
const PAINTED = `[...document.querySelectorAll('.chart canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let i = 0; i < data.length; i += 4) found.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  const style = getComputedStyle(document.documentElement);
  const isThere = (slot) => found.has(Number.parseInt(style.getPropertyValue('--chart-' + slot).trim().slice(1), 16));
  return [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter(isThere);
})`;

/** What the newest score says, in the order of the lines' names. */
function shares({ participants }: TopicPayloads['room.dominance.score']): string[] {
  return participants.map(({ participantId, share }) => `${participantId} ${Math.round(share * 100)}%`).sort();
}

describeInBrowser("charts of a room, in Debian's Chromium", () => {
  test('draw a meeting, and tell it in words and as a table', { timeout: 90_000 }, async () => {
    const roomd = await runDaemon({
      connectors: { transcript: { folder: join(root, 'scripts/demo-room/meetings') } },
    });
    const policy = {
      policyId: 'terse',
      turns: { maxChars: 10 },
      enforcement: [{ severity: 'low', count: 1, within: '10m', action: 'warn' }],
    };
    await roomd.spawn('standup', { connector: 'transcript', options: { meeting: 'launch-page', speed: 60 }, policy });
    await roomd.over('standup');
    const events = await roomd.history('standup');
    const newest = events.findLast(({ envelope }) => envelope.topic === 'room.dominance.score');
    const violations = events.filter(({ envelope }) => envelope.topic === 'conversation.policy.violation');
    const page = await openPage(`${roomd.url}/#/rooms/standup/charts`);

    const speaking = page.getByRole('img', { name: /^Who speaks, from / });
    await speaking.waitFor();
    const expected = shares(newest?.envelope.payload as TopicPayloads['room.dominance.score']);
    expect(expected.length).toBeGreaterThan(2);
    const words = (await speaking.getAttribute('aria-label')) ?? '';
    expect(
      words
        .replace(/^.*At last: |\.$/g, '')
        .split(', ')
        .sort(),
    ).toEqual(expected);
    await page.getByRole('img', { name: /^Events, .*room\.transcript/ }).waitFor();
    expect(violations.length).toBeGreaterThan(0);
    await page.getByRole('img', { name: /^Violations, .*turns\.maxChars \d+, → warn \d+/ }).waitFor();
    const people = expected.map((_, i) => i + 1);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await until(page, `JSON.stringify(${PAINTED}[0]) === '${JSON.stringify(people)}'`);
      expect(await page.evaluate(PAINTED)).toEqual([people, expect.arrayContaining([1, 2, 3]), [1, 2]]);
    }

    await page.getByText('Show as table').first().click();
    const table = page.getByRole('region', { name: 'Who speaks as a table' });
    const header = await table.getByRole('columnheader').allTextContents();
    const first = await table.getByRole('row').nth(1).getByRole('cell').allTextContents();
    expect(
      header
        .slice(1)
        .map((name, i) => `${name} ${first[i]}`)
        .sort(),
    ).toEqual(expected);
    expect(await inspect(page, 'charts')).toEqual([]);
  });

  test('say what they wait for while there is nothing', async () => {
    const roomd = await runDaemon();
    await roomd.spawn('lobby');
    await roomd.until('lobby', 'assistant.session.started');
    const page = await openPage(`${roomd.url}/#/rooms/lobby/charts`);
    await page.getByText('No rule has been broken.').waitFor();
    await page.getByText('Nobody has been measured yet').waitFor();
    await page.getByRole('img', { name: /^Events, / }).waitFor();
    expect(await inspect(page, 'charts-empty')).toEqual([]);
  });
});
