import type { Scene } from './scenario.ts';

/** Asks Daily's REST as somebody with that key. */
export function askRest(apiUrl: string, key: string): Scene['rest'] {
  return async (method, path, body) => {
    const response = await fetch(apiUrl + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
}
