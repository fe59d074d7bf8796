// An agent that does nothing but say that its entry was reached. It loads nothing: what defineAgent makes, by hand.
export default {
  [Symbol.for('livekit.agents.AgentDefinition')]: true,
  entry: async () => {
    process.send({ case: 'entered' });
  },
};
