// What a few lines of Socket.IO do: each event of the feeder's is parsed and sent to whoever is connected. No log, no
// filter, no positions. Prints its address, and lets the feeder begin when it is told to.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Server } from 'socket.io';
import { specVersion } from '../../spec/spec-version.ts';
import { root } from './serve.ts';

const server = createServer();
const io = new Server(server);
const env = { ROOMD_OPTIONS: process.argv[2] ?? '{}', ROOMD_SPEC_VERSION: specVersion };
const feeder = spawn(process.execPath, [join(root, 'scripts/bench.d/live-feeder.mjs')], {
  env,
  stdio: ['pipe', 'pipe', 'inherit'],
});
createInterface({ input: feeder.stdout }).on('line', (line) => io.emit('envelope', { envelope: JSON.parse(line) }));
process.once('message', () => feeder.stdin.write('{"type":"app_message"}\n'));
process.once('disconnect', () => {
  feeder.kill();
  process.exit(0);
});
server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
