import { createDailyRest } from '../daily/rest.ts';
import { apiOf, DailyError } from '../daily/settings.ts';
import { type Check, fail, ok, skipped } from './api.ts';

const WHERE = 'dashboard.daily.co, Developers, has it';

export const dailyKey: Check = {
  name: 'Daily key',
  async look({ config, env, clock, random, fetch, signal }) {
    const { daily } = config.connectors;
    let api: ReturnType<typeof apiOf>;
    try {
      api = apiOf(daily, env);
    } catch (error) {
      if (!(error instanceof DailyError)) throw error;
      const key = `put the key alone into ${daily.apiKeyEnv}; ${WHERE}`;
      return fail(error.message, error.of === 'key' ? key : 'mend the address, or leave it out: Daily has its own');
    }
    if (api === undefined) {
      const found = `no key in ${daily.apiKeyEnv}`;
      if (daily.webhooks.rules.length === 0) return skipped(`no Daily calls: ${found}`);
      return fail(`${found}, and there are rules for webhooks`, `put the key into ${daily.apiKeyEnv}; ${WHERE}`);
    }
    const telemetry = { dailyAnswered() {}, dailyFailed() {} };
    const answer = await createDailyRest(api, { clock, random, telemetry, fetch }).checkKey(signal);
    if (!answer.ok) {
      const todo =
        answer.kind === 'key'
          ? `put another into ${daily.apiKeyEnv}`
          : 'look at the network, DAILY_API_URL and status.daily.co';
      return fail(answer.detail, todo);
    }
    if (daily.domain !== undefined && daily.domain !== answer.value) {
      return fail(
        `the key is for the domain ${answer.value}, and connectors.daily.domain says ${daily.domain}`,
        'leave connectors.daily.domain out, or take the key of that domain',
      );
    }
    return ok(`accepted, for the domain ${answer.value}`);
  },
};
