import type { FromWorker, ToWorker } from './protocol.ts';

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage(message: FromWorker): void;
};

scope.onmessage = () => scope.postMessage({ type: 'link', state: 'connecting' });
