/** `add` of a version that is there already with the same files: what is stated now must be what its record says. */
import { isDeepStrictEqual } from 'node:util';
import { torchError } from '../../errors.js';
import { meaningOf } from '../../tasks/kinds/index.js';
import type { ModelRecord } from '../model-record.js';
import { taskOf } from '../task.js';
import { checkDraft, draftOf, requireSameArtifact, requireStrict, type Draft } from './draft.js';
import type { AddOptions, SpecPart } from './options.js';
import { withParts } from './signature.js';

/** When it was made, and where the same bytes lay: neither says anything of the model. */
const passing: ReadonlySet<string> = new Set(['created', 'source']);

/**
 * Refuses what would be lost without a word, since a record never changes. Data is not counted again: that the record has counts
 * of as many rows is enough.
 * @throws ERR_VERSION_EXISTS naming the members of the record that say otherwise; ERR_MANIFEST, ERR_INVALID_ARGUMENT for what could be in no record, or with `strict` is missing in this one; what data
 * is refused for that does not fit the inputs
 */
export async function requireNothingNew(record: ModelRecord, options: AddOptions): Promise<void> {
  const others = await otherwiseStated(record, options);
  if (others.length === 0) return;
  const { name, version } = record;
  throw torchError(
    'ERR_VERSION_EXISTS',
    `Expected what the record of ${name} ${version} says, since versions never change, but it says otherwise or nothing of ${others.join(', ')}\n` +
      `  fix: add it as another version, or remove this one first (registry rm ${name}@${version}); leave these out to keep it as it is`,
    { errors: others.map((member) => ({ pointer: `/${member}`, detail: 'is not what was stated' })) },
  );
}

async function otherwiseStated(record: ModelRecord, options: AddOptions): Promise<readonly string[]> {
  const draft = await draftOf(options, undefined, undefined);
  checkDraft(draft, options);
  requireSameArtifact(options, record.artifact);
  const framework = options.framework ?? record.framework;
  requireStrict({ ...draft, members: { ...record } }, { ...options, ...(framework && { framework }) }, undefined);
  const others = Object.entries(draft.members)
    .filter(([name, value]) => !passing.has(name) && !says(record, name, value))
    .map(([name]) => name);
  const engine = options.load?.engine ?? options.record?.engine;
  if (engine !== undefined && engine !== record.engine) others.push('engine');
  if (!hasSignature(record, draft)) others.push('signature');
  if (options.strict && record.admission?.example === 'none') others.push('admission');
  if (!hasTask(record, draft, options)) others.push('task');
  return [...others, ...(await withoutData(record, options))];
}

function says(record: ModelRecord, name: string, value: unknown): boolean {
  const stated = plain(value);
  const own: unknown = record[name as keyof ModelRecord];
  if (name !== 'framework') return isDeepStrictEqual(stated, own);
  // The record has what the file says of its makers beside it.
  const makers = (own ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(stated as object).every(([maker, version]) => isDeepStrictEqual(version, makers[maker]));
}

function hasTask(record: ModelRecord, { task }: Draft, { task: given, labels, imagePreset, record: own }: AddOptions) {
  const isStated = [given, labels, imagePreset, own?.task].some((each) => each !== undefined);
  return !isStated || isDeepStrictEqual(plain(taskOf(task, record.signature)), record.task);
}

/** A part that leaves a dimension open has it from the runs. */
function hasSignature(record: ModelRecord, { parts }: Draft): boolean {
  if (!parts) return true;
  const merged = withParts(record.signature, parts);
  return (['inputs', 'outputs'] as const).every((side) => {
    const own = record.signature[side] as readonly SpecPart[];
    return (
      merged[side].length === own.length &&
      merged[side].every((spec, i) =>
        Object.entries(plain(spec) as object).every(([key, value]) => {
          if (key === 'bounds') return true; // a record has them in another form
          const known = (own[i] as Readonly<Record<string, unknown>>)[key];
          return key === 'shape' ? isShape(value, known) : value === null || isDeepStrictEqual(value, known);
        }),
      )
    );
  });
}

function isShape(stated: unknown, known: unknown): boolean {
  if (!Array.isArray(stated) || !Array.isArray(known)) return stated === null || isDeepStrictEqual(stated, known);
  return stated.length === known.length && stated.every((size, i) => size === null || size === known[i]);
}

async function withoutData(record: ModelRecord, { data, truth, heldOut }: AddOptions): Promise<readonly string[]> {
  if (data === undefined) return [];
  const { trainingStatistics: counted } = record;
  if (!counted) return ['trainingStatistics'];
  const [{ DataRows }, { mostCounted }] = await Promise.all([
    import('../data/rows.js'),
    import('../../monitoring/drift/builder.js'),
  ]);
  const rowsOf = async (given: typeof data, what: string): Promise<number> => {
    const rows = await DataRows.open(given, record.signature.inputs, what);
    await rows.close();
    return rows.total;
  };
  const countedOf = async (given: typeof data, what: string): Promise<number> =>
    mostCounted(record.signature, meaningOf(record.task), await rowsOf(given, what));
  if ((await countedOf(data, 'the training data')) !== counted.rows) return ['trainingStatistics'];
  if (truth === undefined) return [];
  const held = await countedOf(heldOut ?? data, 'the held-out data');
  return held === counted.calibration?.['rows'] ? [] : ['trainingStatistics.calibration'];
}

/** As a record has it. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;
