/** The record of a version that was admitted. */
import type { EngineName } from '../../model/info.js';
import { ownManifest } from '../../files/package-root.js';
import type { Admitted } from '../admission/admit.js';
import type { TrainingStatistics } from '../../monitoring/drift/statistics.js';
import { parseRecord } from '../manifest.js';
import type { AdmissionFacts, ModelRecord } from '../model-record.js';
import type { Task } from '../../tasks/kinds/index.js';
import { taskOf } from '../task.js';
import { statedSignature, type Draft } from './draft.js';
import { completeSignature, withLastSize } from './signature.js';

export interface RecordParts {
  readonly name: string;
  readonly version: string;
  readonly engine: EngineName;
  readonly artifact: ModelRecord['artifact'];
  readonly draft: Draft;
  readonly admitted: Admitted;
  readonly now: Date;
  /** What was counted of training data; it stands in the place of what was stated. */
  readonly trainingStatistics?: TrainingStatistics | undefined;
}

const mostWarnings = 100;
const longest = 2000;

/**
 * @throws ERR_INVALID_ARGUMENT for what nobody has said of the signature or the task, ERR_SIGNATURE_MISMATCH for what the runs
 * contradict, ERR_MANIFEST for parts that do not agree
 */
export function buildRecord({
  name,
  version,
  engine,
  artifact,
  draft,
  admitted,
  now,
  trainingStatistics,
}: RecordParts): ModelRecord {
  const { loaded, report } = admitted;
  const ran = report?.refused === undefined ? report : undefined;
  const own = loaded.signature ?? { inputs: [], outputs: [] };
  const { signature: complete, warnings } = completeSignature(own, statedSignature(draft), ran);
  const signature = 'labels' in draft.task ? withLastSize(complete, ran) : complete;
  const date = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const { created = date, sourceCommit, source, framework, ...members } = draft.members;
  const record = {
    schemaVersion: 2,
    ...{ name, version, created, sourceCommit, source, engine, artifact, framework },
    signature,
    task: typeFirst(taskOf(draft.task, signature)),
    ...members,
    admission: factsOf(admitted, date, warnings),
    ...(trainingStatistics && { trainingStatistics }),
  };
  // As it will be read: what is undefined is gone, and what no record can hold is refused.
  return parseRecord(JSON.stringify(record), `${name} ${version}`, { name, version });
}

/** As people read it. */
const typeFirst = ({ type, ...members }: Task): object => ({ type, ...members });

function factsOf({ loaded, report, example }: Admitted, date: string, more: readonly string[]): AdmissionFacts {
  const { info, runtime, loadBytes } = loaded;
  const warnings = [...info.warnings, ...more, ...notRun(report)].slice(0, mostWarnings).map(short);
  const { statefulReason } = info;
  const ran = report && report.refused === undefined ? report : undefined;
  return {
    date,
    nodeLibtorch: ownManifest().version,
    runtime,
    device: info.device.device,
    example,
    ...(ran?.rows && { rows: { verdict: ran.rows.verdict, reason: short(ran.rows.reason) } }),
    state: { stateful: info.stateful, ...(statefulReason !== undefined && { reason: short(statefulReason) }) },
    ...(ran?.deterministic !== undefined && { deterministic: ran.deterministic }),
    ...(ran && { latency: ran.latency, memory: { peak: ran.peakBytes, load: loadBytes } }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function notRun(report: Admitted['report']): string[] {
  if (!report) return ['it was loaded and not run, as --no-run (admission: false) asked for'];
  if (report.refused === undefined) return [];
  return [`it was loaded and not run: ${report.refused}; an example (--example FILE) shows more`];
}

const short = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);
