import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { data, endpoint, json, open, QUERY, refusal, status } from './rig.ts';

const record = (name: string) => data({ name });
const found = (name: string, id = 'lisa') => ({ ok: true, record: { id, name } });

/** GraphQL alone. */
async function one(first = record('first')) {
  const server = await endpoint(first);
  return { server, ...open({ graphql: { url: server.origin, query: QUERY } }) };
}

describe('a record that was found', () => {
  it('serves for a while, and is asked for again then', async () => {
    const { server, assistants, clock } = await one();
    expect(await assistants.find('lisa')).toEqual(found('first'));
    server.answer(record('second'));
    clock.advance(59_999);
    expect(await assistants.find('lisa')).toEqual(found('first'));
    expect(server.asked).toHaveLength(1);
    clock.advance(1);
    expect(await assistants.find('lisa')).toEqual(found('second'));
    expect(server.asked).toHaveLength(2);
  });

  it('serves on while nobody answers, up to its age, also when the clock is set back', async () => {
    const { server, assistants, clock, results } = await one();
    await assistants.find('lisa');
    server.answer(status(500));
    clock.wall -= 1e9;
    clock.advance(3_600_000);
    expect(await assistants.find('lisa')).toEqual(found('first'));
    clock.advance(1);
    expect(refusal(await assistants.find('lisa'))[1]).toBe(true);
    expect(await results()).toEqual({ found: 1, kept: 1, unanswered: 1 });
    server.answer(record('second'));
    expect(await assistants.find('lisa')).toEqual(found('second'));
  });

  it('is too old when the machine has slept', async () => {
    const { server, assistants, clock } = await one();
    await assistants.find('lisa');
    server.answer(status(500));
    clock.wall += 3_600_001;
    expect(refusal(await assistants.find('lisa'))[1]).toBe(true);
  });

  it.each([
    ['there is none any more', data(null)],
    ['it is broken now', data({ policy: 1 })],
  ])('serves no more when %s, even if nobody answers after that', async (_, answering) => {
    const { server, assistants, clock } = await one();
    await assistants.find('lisa');
    clock.advance(60_000);
    server.answer(answering);
    expect(refusal(await assistants.find('lisa'))[1]).toBe(false);
    server.answer(status(500));
    expect(refusal(await assistants.find('lisa'))[1]).toBe(true);
  });

  it('that is not there is asked for each time: it may come', async () => {
    const { server, assistants } = await one(data(null));
    await assistants.find('lisa');
    server.answer(record('new'));
    expect(await assistants.find('lisa')).toEqual(found('new'));
  });

  it('goes when a thousand others were wanted since', async () => {
    const { server, assistants } = await one(json({ data: { assistant: {} } }));
    await assistants.find('0');
    await assistants.find('1');
    for (let i = 2; i < 1_000; i++) await assistants.find(String(i));
    await assistants.find('0');
    await assistants.find('1000');
    expect(server.asked).toHaveLength(1_001);
    await assistants.find('0');
    expect(server.asked).toHaveLength(1_001);
    await assistants.find('1');
    expect(server.asked).toHaveLength(1_002);
  });
});

describe('questions', () => {
  it('about one assistant at the same time are one; about others they are their own', async () => {
    const { server, assistants } = await one((response, { body }) => {
      const { variables } = JSON.parse(body) as { variables: { id: string } };
      record(variables.id)(response, { body, method: '', url: '', headers: {} });
    });
    const answers = await Promise.all(['lisa', 'ada', 'lisa', 'lisa'].map((id) => assistants.find(id)));
    expect(answers).toEqual(['lisa', 'ada', 'lisa', 'lisa'].map((id) => found(id, id)));
    expect(server.asked).toHaveLength(2);
  });

  it('are bounded', async () => {
    const { server, assistants } = await one(() => {});
    const many = Array.from({ length: 1_000 }, (_, i) => assistants.find(`a${i}`));
    expect(refusal(await assistants.find('late'))).toEqual([
      'expected at most 1000 assistants to be looked up at once',
      true,
    ]);
    assistants.stop();
    await Promise.all(many);
    server.answer(record('x'));
  });

  it.each([
    ['before its headers', () => {}],
    [
      'within its body',
      (response: { writeHead(code: number): { write(text: string): void } }) => response.writeHead(200).write('{'),
    ],
  ])('have half of the time when somebody else can be asked, who has the rest: GraphQL hangs %s', async (_, hang) => {
    const [graphql, rest] = [await endpoint(hang), await endpoint(json({ name: 'by REST' }))];
    const { assistants, clock } = open({
      graphql: { url: graphql.origin, query: QUERY },
      rest: { url: `${rest.origin}/{id}` },
    });
    const asked = graphql.next();
    const answer = assistants.find('lisa');
    await asked;
    clock.advance(1_499);
    expect(rest.asked).toEqual([]);
    clock.advance(1);
    expect(await answer).toEqual(found('by REST'));
  });

  it('end after the time for all of them', async () => {
    const [graphql, rest] = [await endpoint(() => {}), await endpoint(() => {})];
    const { assistants, clock } = open({
      graphql: { url: graphql.origin, query: QUERY },
      rest: { url: `${rest.origin}/{id}` },
    });
    const [first, second] = [graphql.next(), rest.next()];
    const answer = assistants.find('lisa');
    await first;
    clock.advance(1_500);
    await second;
    clock.advance(1_500);
    const [detail, retryable] = refusal(await answer);
    expect(detail.match(/expected a whole answer within 1500 ms, got none/g)).toHaveLength(2);
    expect(retryable).toBe(true);
    expect(clock.waiting).toBe(0);
  });

  it('are given up at the end, and none begins after it', async () => {
    const { server, assistants, clock } = await one(() => {});
    const asked = server.next();
    const answer = assistants.find('lisa');
    await asked;
    assistants.stop();
    assistants.stop();
    expect(refusal(await answer)[1]).toBe(true);
    expect(refusal(await assistants.find('ada'))[1]).toBe(true);
    await setImmediate();
    expect(server.asked).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });
});
