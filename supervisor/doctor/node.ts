import { type Finding, fail, ok, type World } from './api.ts';

const MAJOR = 24;

export const node = {
  name: 'Node',
  look({ node: version }: World): Finding {
    if (Number.parseInt(version, 10) >= MAJOR) return ok(version);
    return fail(`expected Node ${MAJOR} or later, got ${version}`, `\`npm install node@${MAJOR}\` brings it`);
  },
};
