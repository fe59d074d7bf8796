// The same as the manual has it: an agent that imports the package.
import { defineAgent } from '../../../.venv/peers/node_modules/@livekit/agents/dist/index.js';

export default defineAgent({
  entry: async () => {
    process.send({ case: 'entered' });
  },
});
