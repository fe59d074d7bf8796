import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import type { Envelope } from '../../spec/envelope.ts';

const REGION = 'us-east-1';
const QUEUE = 'roomd';
/** moto's own. */
const ACCOUNT = '123456789012';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** An event as EventBridge hands it to the targets of a rule. */
export interface Arrived {
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  /** In seconds: EventBridge keeps no more. */
  readonly time: string;
  readonly resources: readonly string[];
  readonly detail: Envelope;
}

interface Message {
  readonly Body: string;
  readonly ReceiptHandle: string;
}

/** A bus in moto with a rule for everything whose source is roomd, and the queue that the rule feeds. */
export interface Bus {
  /** The bus, its rule and its target; the queue and what it holds stay as they are. */
  create(): Promise<void>;
  delete(): Promise<void>;
  /** Takes up to ten events out of the queue, in no certain order. */
  receive(): Promise<Arrived[]>;
  close(): void;
}

/** Makes the queue and the bus. */
export async function openBus(endpoint: string, name: string): Promise<Bus> {
  const client = new EventBridgeClient({ region: REGION, endpoint, credentials });
  await sqs(endpoint, 'CreateQueue', { QueueName: QUEUE });
  const queue = { QueueUrl: `${endpoint}/${ACCOUNT}/${QUEUE}` };
  const bus: Bus = {
    async create() {
      await client.send(new CreateEventBusCommand({ Name: name }));
      const rule = { Name: 'everything', EventBusName: name, EventPattern: JSON.stringify({ source: ['roomd'] }) };
      await client.send(new PutRuleCommand(rule));
      const target = { Id: 'queue', Arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:${QUEUE}` };
      await client.send(new PutTargetsCommand({ Rule: rule.Name, EventBusName: name, Targets: [target] }));
    },
    async delete() {
      await client.send(new DeleteEventBusCommand({ Name: name }));
    },
    async receive() {
      const { Messages = [] } = await sqs<{ Messages?: Message[] }>(endpoint, 'ReceiveMessage', {
        ...queue,
        MaxNumberOfMessages: 10,
      });
      if (Messages.length === 0) return [];
      // moto takes longer for each message the more there are in the queue, read ones too.
      const Entries = Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
      await sqs(endpoint, 'DeleteMessageBatch', { ...queue, Entries });
      return Messages.map(({ Body }) => JSON.parse(Body) as Arrived);
    },
    close: () => client.destroy(),
  };
  await bus.create();
  return bus;
}

/** One call of the JSON protocol of SQS; the signature isn't looked at, only which service it is for. */
async function sqs<T>(endpoint: string, action: string, input: object): Promise<T> {
  const scope = `Credential=test/20000101/${REGION}/sqs/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${action}`,
      authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none`,
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${action}: HTTP ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
