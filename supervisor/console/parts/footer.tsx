import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../api.ts';
import { link } from '../live.ts';
import { shortHash } from '../words.ts';

interface Health {
  readonly version: string;
  readonly specVersion: string;
}

export function Footer() {
  const health = useSignal<Health | null>(null);
  const { state } = link.value;
  useEffect(() => {
    if (state === 'connecting') return;
    call<Health>('GET', '/health').then(
      (answer) => {
        health.value = answer;
      },
      () => undefined,
    );
  }, [state]);
  return (
    <footer class="bottom">
      {health.value !== null && (
        <span>
          roomd {health.value.version} · spec{' '}
          <span title={health.value.specVersion}>{shortHash(health.value.specVersion)}</span>
        </span>
      )}
      <a href="/openapi.json">API</a>
    </footer>
  );
}
