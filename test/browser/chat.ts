import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';

/** Rules of the rooms. */
export const moderation = {
  block: [{ name: 'no-insults', phrases: ['rumpelstiltskin'] }],
  redact: [{ name: 'card-number', pattern: '\\b\\d{4} \\d{4} \\d{4} \\d{4}\\b' }],
};

export async function enter(page: Page, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Enter the room' }).click();
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.keyboard.press('Enter');
}

/** The message with these words, as the page shows it. */
export const message = (page: Page, words: string) =>
  page.getByRole('log').getByRole('listitem').filter({ hasText: words });
export const people = (page: Page) => page.getByRole('region', { name: /^In the room/ });

/** As if the tab were hidden behind another one, or looked at again. */
export async function look(page: Page, visibility: 'hidden' | 'visible'): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { configurable: true, value: ${visibility === 'hidden'} });
    document.dispatchEvent(new Event('visibilitychange'));`,
  );
}

/** A token that may do everything. */
export function operator(secret: string) {
  const sha256 = createHash('sha256').update(secret).digest('hex');
  return {
    name: 'operator',
    sha256,
    scopes: ['admin', 'rooms:join', 'events:pii'] as ('admin' | 'rooms:join' | 'events:pii')[],
  };
}
