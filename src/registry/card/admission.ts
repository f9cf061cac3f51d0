import type { AdmissionFacts } from '../model-record.js';
import type { Block, Fact } from './blocks.js';

/** How people read what admission found of the rows of a batch; other verdicts are shown as they are. */
const verdicts: Readonly<Record<string, string>> = {
  independent: 'rows of a batch do not influence each other',
  dependent: 'rows of a batch influence each other',
  unknown: 'not known whether rows of a batch influence each other',
};
/** What the artifact was run on. */
const examples = { 'made-up': 'inputs made up by the signature', given: 'inputs that were given', none: 'none' };

/** What the runs at admission showed; records written by hand, and those of schema 1, have none. */
export function admissionBlocks(admission: AdmissionFacts | undefined): Block[] {
  if (!admission) return [{ kind: 'prose', text: undefined }];
  const { rows, state, deterministic, memory, latency = [], warnings = [] } = admission;
  const because = (reason: string | undefined): string => (reason === undefined ? '' : `: ${reason}`);
  const facts: Fact[] = [
    { name: 'Admitted', value: admission.date },
    { name: 'By', value: `node-libtorch ${admission.nodeLibtorch}` },
    { name: 'Runtime', value: admission.runtime },
    { name: 'Device', value: admission.device },
    { name: 'Run on', value: examples[admission.example] },
    { name: 'Rows', value: rows && `${verdicts[rows.verdict] ?? rows.verdict}${because(rows.reason)}` },
    {
      name: 'State',
      value: state && `${state.stateful ? 'kept between calls' : 'none found'}${because(state.reason)}`,
    },
    { name: 'Equal outputs for equal inputs', value: deterministic },
    { name: 'Memory at its peak, bytes', value: memory?.peak },
    { name: 'Memory that the load added, bytes', value: memory?.load },
  ];
  const times: Block = {
    kind: 'table',
    caption: 'milliseconds of one run',
    columns: ['rows', 'runs', 'median', '95th percentile'],
    rows: latency.map((one) => [one.rows, one.runs, one.median, one.p95]),
  };
  return [
    { kind: 'facts', facts },
    ...(latency.length > 0 ? [times] : []),
    ...(warnings.length > 0
      ? [{ kind: 'facts', facts: warnings.map((value) => ({ name: 'Warning', value })) } as const]
      : []),
  ];
}
