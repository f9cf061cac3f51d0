import type { ModelRecord } from '../model-record.js';

/** One number of an evaluation. */
export interface Metric {
  /** As the record has it: `testAccuracy`, or the path of a member of a member. */
  readonly name: string;
  /** What the number is, without the set: `accuracy`. */
  readonly type: string;
  readonly value: number;
  /** `test`, `validation` or `train`, where the name says it. */
  readonly split?: string;
}

/** Numbers of the metrics that formats for programs get. */
const most = 200;
const splits = ['test', 'validation', 'train'] as const;

/** The numbers in a record's metrics. Counts of samples are none of them: they say how sure the others are. */
export function metricsOf({ metrics }: ModelRecord): Metric[] {
  const found: Metric[] = [];
  const visit = (path: string, value: unknown): void => {
    if (typeof value === 'number' && Number.isFinite(value)) found.push(metric(path, value));
    else if (typeof value === 'object' && value !== null && !Array.isArray(value) && path.split('.').length < 4) {
      for (const [key, member] of Object.entries(value)) visit(`${path}.${key}`, member);
    }
  };
  for (const [name, value] of Object.entries(metrics ?? {})) visit(name, value);
  return found.filter(({ type }) => type !== 'samples').slice(0, most);
}

function metric(name: string, value: number): Metric {
  const split = splits.find((word) => name.startsWith(word) && /^[A-Z._-]./.test(name.slice(word.length)));
  const rest = split === undefined ? name : name.slice(split.length).replace(/^[._-]/, '');
  const type = rest.charAt(0).toLowerCase() + rest.slice(1);
  return { name, type, value, ...(split !== undefined && { split }) };
}
