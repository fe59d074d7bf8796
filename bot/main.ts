import { live } from './life.ts';
import { createConnector } from './rooms/connect.ts';

void live(({ connector, options }, parts) => createConnector(connector, options, parts)).then((code) =>
  process.exit(code),
);
