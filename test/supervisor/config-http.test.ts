import { expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../supervisor/config.ts';

const TOKENS = [{ name: 'a', sha256: '0'.repeat(64), scopes: ['rooms:read' as const] }];

function problems(http: object): readonly string[] {
  try {
    loadConfig({ env: {}, cwd: '/nowhere', flags: { http } });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

it('no other site is listed unless somebody lists it', () => {
  expect(loadConfig({ env: {}, cwd: '/nowhere' }).http).toMatchObject({ cors: [], eventsPerMinute: 6_000 });
});

it('pages of other sites take tokens', () => {
  expect(problems({ cors: ['https://console.example'] })).toEqual([
    'http.cors: expected tokens, since pages of other sites may do what everybody may: add http.tokens',
  ]);
});

it.each(['https://console.example', 'http://localhost:5173', 'https://[::1]:8443'])('%s is an origin', (origin) => {
  expect(problems({ cors: [origin], tokens: TOKENS })).toEqual([]);
});

it.each([
  '*',
  'null',
  'https://*.example',
  'https://console.example/',
  'https://console.example:443',
  'https://Console.example',
  'https://a@console.example',
  'console.example',
  'file:///console',
  'chrome-extension://abc',
])('%s is none', (origin) => {
  expect(problems({ cors: [origin], tokens: TOKENS })).toEqual([
    'http.cors.0: expected an origin such as https://console.example: scheme, host and port, nothing behind',
  ]);
});
