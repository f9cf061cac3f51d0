import { describeSpec, type Signature, type TensorSpec } from '../signature/spec.js';
import { printable } from './report.js';

/** Inputs, outputs and task of a model, for a table of two columns. */
export function signatureRows({ inputs, outputs, task }: Signature): [label: string, text: string][] {
  const row =
    (direction: string) =>
    (spec: TensorSpec): [string, string] => [
      `${direction} ${printable(spec.name)}`,
      `${printable(describeSpec(spec))}${spec.labels ? `; ${formatLabels(spec.labels)}` : ''}`,
    ];
  const rows = [...inputs.map(row('in')), ...outputs.map(row('out'))];
  if (task) rows.push(['task', task.type]);
  return rows;
}

/** The first few: a classifier may have thousands. */
function formatLabels(labels: readonly string[]): string {
  const shown = labels.slice(0, 10).map(printable).join(', ');
  return `${labels.length} labels: ${shown}${labels.length > 10 ? ', …' : ''}`;
}
