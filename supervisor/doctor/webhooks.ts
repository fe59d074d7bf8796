import { webhookSecret } from '../daily/settings.ts';
import { readOneLayer } from '../policy/one-layer.ts';
import { type Check, fail, ok, skipped, warn } from './api.ts';

export const webhooks: Check = {
  name: 'Daily webhooks',
  async look({ config, env }) {
    const { rules, secretEnv } = config.connectors.daily.webhooks;
    const secret = webhookSecret(secretEnv, env);
    if (!secret.ok && secret.missing && rules.length === 0)
      return skipped('no rules and no secret: rooms are started by hand');
    if (!secret.ok) return fail(secret.problem, `put the \`hmac\` of the webhook into ${secretEnv}, as Daily gave it`);
    if (rules.length === 0)
      return warn('a secret and no rules: no meeting gets a bot', 'see connectors.daily.webhooks.rules');
    for (const { policy } of rules) {
      if (policy === undefined) continue;
      try {
        await readOneLayer(policy);
      } catch (error) {
        return fail(`${policy}: ${(error as Error).message}`, 'mend the layer of policy that the rule names');
      }
    }
    return ok(`a secret, and ${rules.length === 1 ? 'one rule' : `${rules.length} rules`}`);
  },
};
