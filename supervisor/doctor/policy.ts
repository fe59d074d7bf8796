import { PolicyError } from '../policy/port.ts';
import { openPolicies } from '../policy/sources.ts';
import { type Check, fail, ok, skipped } from './api.ts';

const ADVICE = 'mend the source: until then every room is refused; see policy.layers';

export const policy: Check = {
  name: 'policy',
  async look({ config, env, clock, random, fetch, signal }) {
    const { layers } = config.policy;
    if (layers.length === 0) return skipped('no layers are configured: the defaults hold, and what requests bring');
    const silent = () => undefined;
    const telemetry = {
      policyRefused: silent,
      policySound: silent,
      policyReloaded: silent,
      policyNotKept: silent,
      policyAges: silent,
      internalError: silent,
    };
    const keep = { load: async () => undefined, save: async () => undefined };
    try {
      const policies = openPolicies({ ...config.policy, env, clock, random, fetch, keep, telemetry, publish: silent });
      const stop = () => void policies.stop();
      signal.addEventListener('abort', stop, { once: true });
      try {
        await policies.look();
        const here = await policies.layersFor({ roomId: 'doctor' });
        const sources = layers.length === 1 ? 'one source' : `${layers.length} sources`;
        return ok(`${sources} can be read; ${here.length} of the layers speak about every room`);
      } finally {
        signal.removeEventListener('abort', stop);
        await policies.stop();
      }
    } catch (error) {
      if (error instanceof PolicyError) return fail(error.message, ADVICE);
      throw error;
    }
  },
};
