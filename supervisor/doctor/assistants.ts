import { AssistantsError, createAssistants } from '../assistants/assistants.ts';
import { type Check, fail, ok, type Scope, skipped, warn } from './api.ts';

/** Nobody's, or so we hope: that there is none is an answer too. */
const NOBODY = 'roomd-doctor';

export const assistants: Check = {
  name: 'assistants',
  async look(scope) {
    const { graphql, rest } = scope.config.assistants;
    const kinds = [...(graphql ? [{ graphql }] : []), ...(rest ? [{ rest }] : [])];
    if (kinds.length === 0) return skipped('nobody is asked about assistants: their ids are names and nothing more');
    let faults: (string | undefined)[];
    try {
      faults = await Promise.all(kinds.map((kind) => faultOf(kind, scope)));
    } catch (error) {
      if (error instanceof AssistantsError) return fail(error.message, 'set the variable, or mend the address');
      throw error;
    }
    const told = faults.filter((fault) => fault !== undefined);
    if (told.length === 0)
      return ok(graphql && rest ? 'GraphQL and REST answer' : `${graphql ? 'GraphQL' : 'REST'} answers`);
    const todo = `see to it that it answers, also for an id that nobody has, such as ${NOBODY}; see assistants in the configuration`;
    return told.length < kinds.length ? warn(told.join('; '), todo) : fail(told.join('; '), todo);
  },
};

/** Why it gives no answer; undefined: it does. */
async function faultOf(
  kind: Pick<Scope['config']['assistants'], 'graphql' | 'rest'>,
  { config, env, clock, fetch, signal }: Scope,
): Promise<string | undefined> {
  const { timeout, refresh, maxAge } = config.assistants;
  const telemetry = { assistantAsked() {}, internalError() {} };
  const asked = createAssistants({ ...kind, timeout, refresh, maxAge }, { env, clock, fetch, telemetry });
  const stop = () => asked?.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const found = await asked?.find(NOBODY);
    return found?.ok === false && found.retryable ? found.detail : undefined;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
