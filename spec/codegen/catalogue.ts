import { whyItStays } from '../leaving.ts';
import { isCovered } from '../pointer.ts';
import type { TopicDescriptor } from '../topic.ts';
import { topicInfo } from '../version.ts';
import { commandSchemas } from './asyncapi-messages.ts';
import { page } from './catalogue-page.ts';
import { exampleEnvelope, versionOf } from './example.ts';
import { fieldsOf } from './fields.ts';
import { inlined } from './inline.ts';
import type { SpecSources } from './load.ts';
import type { Schema } from './schema.ts';

/** Every topic with its schema and examples as one HTML page that needs nothing else. */
export function catalogue(sources: SpecSources): string {
  const specVersion = versionOf(sources);
  const groups = Map.groupBy(sources.topics, ({ id }) => id.split('.')[0] ?? '');
  const topics = [...groups].map(
    ([group, members]) =>
      `<h2 class="group">${escaped(group)}</h2>\n${members.map((topic) => topicSection(topic, sources)).join('\n')}`,
  );
  const [sample] = sources.topics;
  const frame = [
    section('envelope', 'The envelope', String(sources.envelope.description), [
      fieldTable(sources.envelope, []),
      sample === undefined ? '' : code('An example', exampleEnvelope(sample, specVersion)),
      code('JSON Schema', sources.envelope, 'closed'),
    ]),
    ...commandSchemas(sources.command).map(({ type, schema }) =>
      section(`command-${type}`, type, String(schema.description ?? ''), [
        chips([['command', 'command']]),
        fieldTable(schema, []),
        code('JSON Schema', schema, 'closed'),
      ]),
    ),
  ];
  const links = [...groups].map(([group, members]) => linkGroup(group, members));
  return page({
    specVersion,
    count: sources.topics.length,
    links: `${links.join('\n')}\n${frameLinks(sources)}`,
    body: `${topics.join('\n')}\n<h2 class="group">Frame and commands</h2>\n${frame.join('\n')}`,
  });
}

function linkGroup(group: string, topics: readonly TopicDescriptor[]): string {
  const items = topics.map(({ id }) => link(id, id.slice(group.length + 1)));
  return `<li><span>${escaped(group)}</span><ul>${items.join('')}</ul></li>`;
}

function frameLinks({ command }: SpecSources): string {
  const items = commandSchemas(command).map(({ type }) => link(`command-${type}`, type));
  return `<li><span>frame and commands</span><ul>${link('envelope', 'envelope')}${items.join('')}</ul></li>`;
}

function link(anchor: string, text: string): string {
  return `<li><a href="#${escaped(anchor)}">${escaped(text)}</a></li>`;
}

const LEAVING = { leaves: 'forwarded', local: 'stays local', pii: 'held back: above the PII ceiling' } as const;

function topicSection(topic: TopicDescriptor, sources: SpecSources): string {
  const info = topicInfo(topic, sources.forwarding);
  const { mode, priority, sampleRate } = info.forwarding;
  const stays = whyItStays(info, sources.forwarding.piiCeiling);
  const schema = inlined(topic.schema);
  return section(topic.id, topic.id, topic.description, [
    chips([
      [info.class, info.class],
      [`PII ${info.piiLevel}: ${sources.pii.levels[info.piiLevel] ?? ''}`, `pii${info.piiLevel}`],
      [LEAVING[stays ?? 'leaves'], mode],
      ...(priority === 'high' ? ([['high priority', 'high']] as const) : []),
      ...(sampleRate < 1 ? ([[`sampled: ${sampleRate}`, 'sampled']] as const) : []),
      [`version ${info.version}`, 'version'],
      ...(sources.own.has(topic.id) ? ([['own', 'own']] as const) : []),
    ]),
    fieldTable(schema, info.redact),
    ...topic.examples.map((example, i) => code(topic.examples.length > 1 ? `Example ${i + 1}` : 'Example', example)),
    code('Refused, for example', topic.counterexamples[0], 'closed'),
    code('JSON Schema', topic.schema, 'closed'),
  ]);
}

function section(anchor: string, title: string, description: string, parts: readonly string[]): string {
  const id = escaped(anchor);
  return [
    `<section id="${id}" data-text="${escaped(`${title} ${description}`.toLowerCase())}">`,
    `<h3><a href="#${id}">${escaped(title)}</a></h3>`,
    `<p>${escaped(description)}</p>`,
    ...parts.filter((part) => part !== ''),
    '</section>',
  ].join('\n');
}

function chips(all: readonly (readonly [text: string, kind: string])[]): string {
  return `<p class="chips">${all.map(([text, kind]) => `<span class="${kind}">${escaped(text)}</span>`).join('')}</p>`;
}

function fieldTable(schema: Schema, masked: readonly string[]): string {
  const rows = fieldsOf(schema).map(({ name, pointer, type, limits, required, description }) => {
    const notes = [
      escaped(limits),
      escaped(description),
      isCovered(pointer, masked) ? '<span class="masked">masked</span>' : '',
    ];
    return [
      `<tr><th scope="row"><code>${escaped(name)}</code>${required ? '' : ' <span class="optional">optional</span>'}</th>`,
      `<td>${escaped(type)}</td><td>${notes.filter((note) => note !== '').join('. ')}</td></tr>`,
    ].join('');
  });
  if (rows.length === 0) return '<p>No fields.</p>';
  return `<table><thead><tr><th>field</th><th>type</th><th>limits</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

function code(title: string, value: unknown, state: 'open' | 'closed' = 'open'): string {
  const open = state === 'open' ? ' open' : '';
  return `<details${open}><summary>${title}</summary><pre tabindex="0">${escaped(JSON.stringify(value, null, 2))}</pre></details>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
