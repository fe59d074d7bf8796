import type { EnforcementRule, Rate } from '../../spec/policy.ts';
import type { Paint } from './io.ts';
import type { FieldView, Said } from './policy-fields.ts';
import { humanCount, humanDuration, paintName, safe, shortHash, table } from './text.ts';

export interface PolicyHead {
  readonly roomId?: string;
  readonly policyVersion: string;
  readonly layers: readonly string[];
  /** The version that the bot said it holds to; null: none yet. */
  readonly acknowledged?: string | null | undefined;
  readonly restrictions?:
    | readonly { readonly rule: string; readonly causeId: string; readonly at: number }[]
    | undefined;
}

/** Of a list; the rest is counted. */
const MAX_ITEMS = 20;
const MAX_LAYERS = 4;

/** A policy for people: every field, its values, and the layers that gave them. `now`: milliseconds since 1970. */
export function policySheet(head: PolicyHead, fields: readonly FieldView[], now: number, paint: Paint): string[] {
  const { roomId, policyVersion, layers, acknowledged, restrictions = [] } = safe(head) as PolicyHead;
  const title = `policy ${paint('bold', shortHash(policyVersion))} from ${layersCell(layers, paint)}`;
  const rows = (safe(fields) as FieldView[]).flatMap((field) => fieldRows(field, paint));
  return [
    ...(roomId === undefined ? [title] : [paintName(paint, roomId), `  ${title}`]),
    ...acknowledgement(policyVersion, acknowledged, paint).map((line) => `  ${line}`),
    ...restrictions.map(({ rule, causeId, at }) => {
      const when = paint('dim', `${humanDuration(Math.max(0, now - at))} ago, by ${causeId}`);
      return `  ${paint('yellow', `restricted because of ${rule}`)} ${when}`;
    }),
    '',
    ...table(rows).map((line) => `  ${line}`),
  ];
}

function acknowledgement(version: string, acknowledged: string | null | undefined, paint: Paint): string[] {
  if (acknowledged === undefined) return [];
  if (acknowledged === version) return [paint('green', 'the bot has acknowledged it')];
  const still = acknowledged === null ? '' : `, and holds to ${shortHash(acknowledged)}`;
  return [paint('yellow', `the bot has not acknowledged it yet${still}`)];
}

function fieldRows({ path, said }: FieldView, paint: Paint): string[][] {
  const shown = said.slice(0, MAX_ITEMS);
  const rows = shown.map((one, i) => [i === 0 ? paint('dim', path) : '', ...saidCells(path, one, paint)]);
  const left = said.length - shown.length;
  return left > 0 ? [...rows, ['', paint('dim', `and ${humanCount(left)} more`)]] : rows;
}

function saidCells(path: string, { value, layers, holds }: Said, paint: Paint): string[] {
  const text = valueText(path, value);
  const from = layersCell(layers, paint);
  return holds ? [text, from] : [paint('dim', text), `${from} ${paint('dim', '(not in force: looser)')}`];
}

function layersCell(layers: readonly string[], paint: Paint): string {
  const names = layers
    .slice(0, MAX_LAYERS)
    .map((name) => (name === 'defaults' ? paint('dim', name) : paintName(paint, name)));
  const left = layers.length - names.length;
  return `${names.join(' + ')}${left > 0 ? ` + ${left} more` : ''}`;
}

/** A value as people write it, in one line. */
function valueText(path: string, value: unknown): string {
  if (path === 'enforcement') return ruleText(value as EnforcementRule);
  if (path === 'rates') return rateText(value as Rate);
  if (path === 'attention.cooldown') return humanDuration(value as number);
  if (path === 'tools.allow') {
    const patterns = value as string[];
    return patterns.length === 0 ? 'nothing' : `one of ${patterns.join(', ')}`;
  }
  if (typeof value === 'number') return humanCount(value);
  if (path === 'content.blockedPhrases') return JSON.stringify(value);
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

function ruleText(rule: EnforcementRule): string {
  const trigger = `${rule.count}× ${rule.severity} within ${humanDuration(rule.within)}: ${rule.action}`;
  if (rule.action === 'quarantine') return `${trigger} for ${humanDuration(rule.for)}`;
  return rule.action === 'restrict' ? `${trigger} to ${JSON.stringify(rule.to)}` : trigger;
}

function rateText({ id, topic, limit, per }: Rate): string {
  return `${id}: ${limit} × ${topic} per ${humanDuration(per)}`;
}
