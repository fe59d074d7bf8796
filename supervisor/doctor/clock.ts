import { apiOf } from '../daily/settings.ts';
import { type Check, type Finding, ok, type Scope, skipped, warn } from './api.ts';

/** Beyond it, what is signed here isn't taken there. */
const MAX_SKEW_MS = 30_000;

/** Our clock against those who take what we sign: tokens and signatures hold for minutes. */
export const clock: Check = {
  name: 'clock',
  async look(scope) {
    const others = othersOf(scope);
    if (others.length === 0) return skipped('nobody to compare it with: neither Daily nor EventBridge is configured');
    const skews = await Promise.all(others.map(async ([name, url]) => [name, await skewTo(url, scope)] as const));
    const known = skews.filter((skew): skew is [string, number] => skew[1] !== undefined);
    const [worst] = known.sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
    if (worst === undefined) {
      return warn(
        `${others.map(([name]) => name).join(' and ')} didn't tell the time`,
        'look at the network, then again',
      );
    }
    return verdict(...worst);
  },
};

function verdict(name: string, skewMs: number): Finding {
  const seconds = Math.max(1, Math.round(Math.abs(skewMs) / 1_000));
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return ok(`within ${seconds} s of that of ${name}`);
  const way = skewMs > 0 ? 'ahead of' : 'behind';
  const todo = 'set it, and keep it so (systemd-timesyncd, chrony): tokens and signatures are refused otherwise';
  return warn(`${seconds} s ${way} that of ${name}`, todo);
}

function othersOf({ config, env }: Scope): [name: string, url: string][] {
  const { target, endpoint, region } = config.forward;
  const daily = dailyUrl(config.connectors.daily, env);
  return [
    ...(daily === undefined ? [] : ([['Daily', daily]] as [string, string][])),
    ...(target === 'eventbridge'
      ? ([['EventBridge', endpoint ?? `https://events.${region}.amazonaws.com/`]] as [string, string][])
      : []),
  ];
}

function dailyUrl(daily: Parameters<typeof apiOf>[0], env: Scope['env']): string | undefined {
  try {
    return apiOf(daily, env)?.url;
  } catch {
    // Told where the key is looked at.
    return undefined;
  }
}

/** Milliseconds that our clock is ahead; undefined: nobody tells. Without a key: whatever is answered has a date. */
async function skewTo(url: string, { fetch, clock, signal }: Scope): Promise<number | undefined> {
  try {
    const before = clock.now();
    const response = await fetch(url, { redirect: 'manual', signal });
    const after = clock.now();
    await response.body?.cancel();
    const there = Date.parse(response.headers.get('date') ?? '');
    // It is told in whole seconds.
    return Number.isNaN(there) ? undefined : (before + after) / 2 - (there + 500);
  } catch {
    return undefined;
  }
}
