import { beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { startJudge, titled, withoutMoto } from '../../helpers/moto.ts';
import { type Answering, endpoint } from '../assistants/rig.ts';
import { findings } from './rig.ts';

const DENIED = 'User: arn:aws:iam::1:user/ada is not authorized to perform: events:X on resource: secret';
const refuse =
  (type: string, message = 'a secret'): Answering =>
  (response) =>
    response
      .writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify({ __type: type, message }));

const forwardTo = (url: string, bus = 'meetings') => ({
  forward: { target: 'eventbridge', region: 'us-east-1', endpoint: url, bus } as const,
});
const look = (url: string, bus?: string, sendTest = true) =>
  findings({ config: forwardTo(url, bus), sendTest, clock: systemClock });

beforeEach(() => {
  // There is no other way to give the SDK credentials.
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAHUNTER2HUNTER2');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hunter2hunter2');
  vi.stubEnv('AWS_PROFILE', undefined);
  return () => vi.unstubAllEnvs();
});

describe('EventBridge', () => {
  it.each<[string, Answering, bus: string, bus2: string]>([
    ['denied', refuse('AccessDeniedException', DENIED), 'warn', 'fail'],
    ['missing', refuse('ResourceNotFoundException'), 'fail', 'fail'],
    ['expired', refuse('ExpiredTokenException'), 'fail', 'fail'],
    ['in trouble', (response) => response.writeHead(500).end('a secret'), 'fail', 'fail'],
  ])('that is %s is told, and what to do', async (_, answering, bus, put) => {
    const server = await endpoint(answering);
    const found = await look(server.origin);
    expect([found.EventBridge?.status, found.PutEvents?.status]).toEqual([bus, put]);
    expect([found.EventBridge?.todo, found.PutEvents?.todo]).toEqual([expect.any(String), expect.any(String)]);
    expect(JSON.stringify(found)).not.toMatch(/secret"|a secret|hunter2/i);
  });

  it('that denies says which permission is missing', async () => {
    const server = await endpoint(refuse('AccessDeniedException', DENIED));
    const found = await look(server.origin);
    expect(found.EventBridge?.todo).toContain('allow events:DescribeEventBus');
    expect(found.PutEvents?.todo).toContain('allow events:PutEvents');
  });

  it('wants credentials', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    for (const name of ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE']) vi.stubEnv(name, '/nowhere');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    const server = await endpoint((response) => response.end());
    const found = await look(server.origin, 'meetings', false);
    expect(found.EventBridge).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('CredentialsProviderError'),
      todo: expect.stringContaining('give roomd credentials'),
    });
  });

  it('is not sent anything unasked, and that is said', async () => {
    const server = await endpoint(refuse('AccessDeniedException', DENIED));
    const found = await look(server.origin, 'meetings', false);
    expect(found.PutEvents).toEqual({ status: 'skipped', found: expect.stringContaining('--send-test') });
    const targets = server.asked.map(({ headers }) => headers['x-amz-target']);
    expect(targets.filter((target) => target !== undefined)).toEqual(['AWSEvents.DescribeEventBus']);
  });

  it.skipIf(withoutMoto)(
    titled('has a bus or has none, and gets one event when asked'),
    { timeout: 60_000 },
    async () => {
      const judge = await startJudge();
      const found = await look(judge.endpoint);
      expect(found.EventBridge).toEqual({ status: 'ok', found: 'the bus meetings in us-east-1 is there' });
      expect(found.PutEvents).toMatchObject({ status: 'ok' });
      expect(await judge.received()).toMatchObject([{ source: 'roomd', 'detail-type': 'roomd.doctor' }]);
      expect((await look(judge.endpoint, 'nowhere', false)).EventBridge).toMatchObject({
        status: 'fail',
        found: 'BusNotFound: there is no bus "nowhere"',
      });
    },
  );
});
