import type { ErrorObject } from 'ajv/dist/2020.js';
import { torchError, type ErrorDetail } from '../errors.js';
import { signatureFaults } from '../signature/check.js';
import { isFileName, isRelativeFile } from './names.js';
import { isTooDeep, nestingRule } from './nesting.js';
import { isRecord1, isRecord2 } from './record-validators.mjs';
import { schemaFault, type Validator } from './schema-faults.js';
import type { ModelRecord } from './model-record.js';
import { statisticsFaults } from '../monitoring/drift/statistics-faults.js';
import { labelsOf, meaningOf, taskFaults, taskKinds } from '../tasks/kinds/index.js';

const validators = new Map<unknown, Validator>([
  [1, isRecord1],
  [2, isRecord2],
]);
/** For a record that names no schema that there is: the newest says so. */
const newest: Validator = isRecord2;

/**
 * Reads the text of a metadata.json and checks it against the schema and against itself.
 * @param where how messages call the record, e.g. `mnist-mlp v1.0`
 * @param identity the name and version that the record must carry: those of its folder
 * @param options `isDraft`: the signature is not known yet, so that statistics of it are not held against it
 * @throws ERR_MANIFEST with the JSON pointers of what is wrong, each fault at once, up to `mostFaults`
 */
export function parseRecord(
  text: string,
  where: string,
  identity: { name: string; version: string },
  { isDraft = false }: { readonly isDraft?: boolean } = {},
): ModelRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw torchError('ERR_MANIFEST', `Expected JSON in the record of ${where}: ${(cause as Error).message}`, { cause });
  }
  if (isTooDeep(value)) throw invalid(where, [{ pointer: '', detail: nestingRule }]);
  const version = (value as { schemaVersion?: unknown } | null)?.schemaVersion;
  const validate = validators.get(version) ?? newest;
  // What the schema refuses cannot be asked whether its parts agree.
  const faults = validate(value)
    ? [...contradictions(value as ModelRecord, isDraft)]
    : (validate.errors ?? []).filter(({ keyword }) => keyword !== 'oneOf').map(fault);
  faults.push(...misnamed(value, identity));
  if (faults.length > 0) throw invalid(where, faults);
  return value as ModelRecord;
}

/** A name or version that is not its folder's. */
function* misnamed(value: unknown, identity: { name: string; version: string }): Generator<ErrorDetail> {
  for (const key of ['name', 'version'] as const) {
    const found = (value as Partial<ModelRecord> | null)?.[key];
    if (typeof found === 'string' && found !== identity[key]) {
      yield { pointer: `/${key}`, detail: `must be ${JSON.stringify(identity[key])}, as the folder is called` };
    }
  }
}

/** What the schema cannot say: parts of the record that must agree with each other. */
function* contradictions(record: ModelRecord, isDraft: boolean): Generator<ErrorDetail> {
  const { artifact, signature, task, inputStatistics, trainingStatistics } = record;
  if (!isFileName(artifact.file)) yield { pointer: '/artifact/file', detail: 'must be a plain file name' };
  yield* misplaced(artifact);
  for (const { path, wanted } of signatureFaults(signature)) {
    yield { pointer: `/signature/${path.join('/')}`, detail: `must be ${wanted}` };
  }
  for (const side of ['inputs', 'outputs'] as const) {
    for (const [index, { dtype, shape, type }] of signature[side].entries()) {
      if (type !== undefined || (dtype && shape)) continue;
      yield {
        pointer: `/signature/${side}/${index}`,
        detail: 'must have a dtype and a shape, or a type that is no tensor',
      };
    }
  }
  yield* taskFaults(task, signature);
  if (trainingStatistics && !isDraft) {
    for (const { path, detail } of statisticsFaults(trainingStatistics, signature, meaningOf(task))) {
      yield { pointer: `/trainingStatistics/${path.join('/')}`, detail };
    }
  }
  if (!inputStatistics) return;
  const { histogram, predictionDistribution } = inputStatistics;
  if (histogram.edges.length !== histogram.counts.length + 1) {
    yield { pointer: '/inputStatistics/histogram/edges', detail: 'must be one more than the counts' };
  }
  const labels = labelsOf(task)?.length;
  if (labels !== undefined && predictionDistribution && predictionDistribution.length !== labels) {
    yield {
      pointer: '/inputStatistics/predictionDistribution',
      detail: `must have one share for each of ${labels} labels`,
    };
  }
}

/** Sidecars that lead elsewhere, or where another file is. They are found below the folder of the version by their names alone. */
function* misplaced({ file: main, sidecars = [] }: ModelRecord['artifact']): Generator<ErrorDetail> {
  const files = new Set([main]);
  for (const [index, { file }] of sidecars.entries()) {
    const pointer = `/artifact/sidecars/${index}/file`;
    if (!isRelativeFile(file))
      yield { pointer, detail: 'must be a path of plain names, joined by /, without .. in it' };
    else if (files.has(file))
      yield { pointer, detail: `must be another file than ${JSON.stringify(file)}, which is there already` };
    files.add(file);
  }
}

function fault(error: ErrorObject): ErrorDetail {
  if (error.keyword === 'discriminator') {
    const types = taskKinds.map(({ type }) => type).join(', ');
    return { pointer: `${error.instancePath}/type`, detail: `must be one of ${types}` };
  }
  const { kind, pointer, memberPointer, message, allowed } = schemaFault(error);
  if (kind === 'unknown') return { pointer: memberPointer, detail: 'is not a member of the schema' };
  return { pointer, detail: `${message}${allowed ? `: ${allowed.join(', ')}` : ''}` };
}

/** Faults that an error names; how many more there are it says. */
const mostFaults = 20;

function invalid(where: string, all: readonly ErrorDetail[]) {
  const errors = all.slice(0, mostFaults);
  const list = errors.map(({ pointer, detail }) => `${pointer === '' ? 'the record' : pointer} ${detail}`).join('; ');
  const more = all.length > mostFaults ? `; and ${all.length - mostFaults} more` : '';
  return torchError('ERR_MANIFEST', `Invalid record of ${where}: ${list}${more}`, { errors });
}
