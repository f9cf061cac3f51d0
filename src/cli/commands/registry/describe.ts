import { signatureOf, type ModelRecord } from '../../../registry/index.js';
import { calibratedText, countedText } from '../../../registry/card/statistics.js';
import { formatBytes, inOneLine, printable } from '../../report.js';
import { signatureRows } from '../../signature-rows.js';
import { rowsOf } from '../../table.js';
import type { Shown } from './shown.js';

type Row = readonly [label: string, text: string];

/** What nobody stated. */
const unknown = 'not stated';

/** A version for people: some sections of a few lines each. */
export function describeVersion(shown: Shown, width: number | undefined): string[] {
  const { record, aliases, problem } = shown;
  const heading = [`${record.name} ${record.version}`, ...(aliases.length > 0 ? [`(${aliases.join(', ')})`] : [])];
  const lines = [heading.join(' '), ...rowsOf(fileRows(shown), width)];
  const section = (title: string, of: readonly Row[]): void => {
    if (of.length > 0) lines.push(title, ...rowsOf(of, width));
  };
  section('about', aboutRows(record));
  section('signature', signatureRows(signatureOf(record)));
  section('metrics', stated(record.metrics));
  section('training', stated(record.training));
  section('monitoring', monitoringRows(record));
  section('admission', admissionRows(record));
  if (problem) lines.push(`broken: [${problem.code}] ${inOneLine(problem.message)}`);
  return lines;
}

/** What monitoring compares with. */
function monitoringRows({ trainingStatistics }: ModelRecord): Row[] {
  if (!trainingStatistics) return [];
  const calibrated = calibratedText(trainingStatistics);
  return [
    ['counted', printable(countedText(trainingStatistics))],
    ...(calibrated === undefined ? [] : [['confidences', calibrated] as const]),
  ];
}

function fileRows({ record, artifact, card, signature, quarantine }: Shown): Row[] {
  const { bytes, sha256, sidecars = [] } = record.artifact;
  const beside = sidecars.reduce((sum, file) => sum + file.bytes, 0);
  const more =
    sidecars.length > 0 ? `, and ${formatBytes(beside)} in ${counted(sidecars.length, 'file')} beside it` : '';
  return [
    ['file', artifact ?? `${record.artifact.file}: not there`],
    ['card', card ?? 'none: registry card --write makes it'],
    ['digest', `sha256:${sha256}`],
    ['size', `${formatBytes(bytes)}, ${record.engine}${more}`],
    ['signed', signature === undefined ? 'no' : 'yes: registry verify checks it'],
    ...(quarantine
      ? [['quarantine', `since ${quarantine.since}: [${quarantine.code}] ${inOneLine(quarantine.reason)}`] as const]
      : []),
  ];
}

function aboutRows(record: ModelRecord): Row[] {
  const { created, sourceCommit, source, framework, license, description, intendedUse, limitations } = record;
  const from = source && [source.repository ?? source.url, source.file].filter(Boolean).join(' ');
  return [
    ['created', created],
    ['commit', sourceCommit ?? unknown],
    ...(source
      ? [['source', printable(`${from ?? ''}${source.revision ? ` at ${source.revision}` : ''}`)] as const]
      : []),
    [
      'framework',
      framework
        ? printable(
            Object.entries(framework)
              .map(([key, value]) => `${key} ${scalar(value)}`)
              .join(', '),
          )
        : unknown,
    ],
    ['license', license === undefined ? unknown : printable(license)],
    ...prose('description', description),
    ...prose('intended use', intendedUse),
    ...prose('limitations', limitations),
  ];
}

const prose = (label: string, text: string | undefined): Row[] =>
  text === undefined ? [] : [[label, printable(text.trim().replace(/\s+/g, ' '))]];

/** Numbers and texts as they are; of a list or an object how much there is. */
function stated(members: Readonly<Record<string, unknown>> | undefined): Row[] {
  if (members === undefined) return [['', unknown]];
  const all = Object.entries(members).map(([key, value]): Row => [printable(key), printable(scalar(value))]);
  return all.length > 0 ? all : [['', unknown]];
}

function scalar(value: unknown): string {
  if (Array.isArray(value)) return `${counted(value.length, 'entry')}, in --json`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value);
  const isFlat = entries.length <= 8 && entries.every(([, each]) => typeof each !== 'object');
  return isFlat
    ? entries.map(([key, each]) => `${key} ${each}`).join(', ')
    : `${counted(entries.length, 'member')}, in --json`;
}

const tried = {
  'made-up': 'run on inputs made up by the signature',
  given: 'run on the example that was given',
  none: 'loaded and not run',
};

/** What the trial of a model showed. */
export function admissionRows({ admission }: ModelRecord): Row[] {
  if (!admission) return [['', 'none']];
  const {
    date,
    nodeLibtorch,
    runtime,
    device,
    example,
    rows: batch,
    state,
    deterministic,
    latency,
    memory,
    warnings,
  } = admission;
  return [
    ['tried', [date, tried[example], runtime, device, `node-libtorch ${nodeLibtorch}`].filter(Boolean).join(', ')],
    ...(batch ? [['rows', rowsText(batch)] as const] : []),
    ...(state ? [['state', reasoned(state.stateful ? 'it keeps state' : 'none', state.reason)] as const] : []),
    ...(deterministic === undefined
      ? []
      : [['equal inputs', `gave ${deterministic ? 'equal' : 'different'} outputs`] as const]),
    ...(latency ?? []).map(({ rows: count, runs, median, p95 }, index): Row => [
      index === 0 ? 'latency' : '',
      `${counted(count, 'row')}: median ${milliseconds(median)}, p95 ${milliseconds(p95)} of ${counted(runs, 'run')}`,
    ]),
    ...(memory
      ? [['memory', `${formatBytes(memory.load)} by the load, ${formatBytes(memory.peak)} at most`] as const]
      : []),
    ...(warnings ?? []).map((warning): Row => ['warning', clipped(printable(warning))]),
  ];
}

/** Why rows are independent nobody asks. */
const rowsText = ({ verdict, reason }: { readonly verdict: string; readonly reason?: string }): string =>
  verdict === 'independent' ? 'independent: requests may share a run' : reasoned(verdict, reason);

const reasoned = (what: string, why: string | undefined): string =>
  clipped(printable(why === undefined ? what : `${what}: ${why}`));

/** A reason may list many names; --json has it whole. */
const clipped = (text: string): string => (text.length <= 240 ? text : `${text.slice(0, 239)}…`);
const milliseconds = (ms: number): string => `${Number(ms.toPrecision(3))} ms`;

function counted(count: number, what: string): string {
  if (count === 1) return `1 ${what}`;
  return `${count} ${what.endsWith('y') ? `${what.slice(0, -1)}ies` : `${what}s`}`;
}
