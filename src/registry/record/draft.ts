/** A record of what is stated, before anything was tried. */
import { engineNames } from '../../engines/index.js';
import { torchError, type ErrorDetail, type TorchError } from '../../errors.js';
import type { FileDigest } from '../../files/hash.js';
import type { Origin } from '../../model/origin.js';
import type { Signature } from '../../signature/spec.js';
import { imagePresets } from '../../tasks/image/spec.js';
import type { TaskGiven } from '../../tasks/kinds/given.js';
import { noMeaning, taskKindOf } from '../../tasks/kinds/index.js';
import { parseRecord } from '../manifest.js';
import { isTooDeep, nestingRule } from '../nesting.js';
import type { ModelRecord } from '../model-record.js';
import { taskOf } from '../task.js';
import { statedCommit } from './git.js';
import { statedMembers, type AddOptions, type SignatureParts } from './options.js';

/** Members of a record that nobody states: they are found out. */
const found = ['schemaVersion', 'name', 'version', 'engine', 'artifact', 'signature', 'task', 'admission'] as const;

/** What was stated, put together. */
export interface Draft {
  /** As the record will have them; still unchecked where the schema says how they must be. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly parts: SignatureParts | undefined;
  readonly task: TaskGiven;
}

/**
 * Puts options and the members of a given record together, the options first.
 * @param origin what the file says, its task among it, and source where its folders say that it is from; behind both
 */
export async function draftOf(
  options: AddOptions,
  origin: Origin | undefined,
  source: ModelRecord['source'],
): Promise<Draft> {
  const given = options.record ?? {};
  const members: Record<string, unknown> = { ...given };
  for (const name of found) Reflect.deleteProperty(members, name);
  for (const name of statedMembers) if (options[name] !== undefined) members[name] = options[name];
  const stated = members.sourceCommit;
  if (typeof stated === 'string') members.sourceCommit = await statedCommit(stated);
  else if (stated === undefined) members.sourceCommit = origin?.sourceCommit;
  members.source ??= source;
  if (origin && Object.keys(origin.framework).length > 0) {
    members.framework = { ...origin.framework, ...(members.framework as object | undefined) };
  }
  for (const [name, value] of Object.entries(members)) if (value === undefined) Reflect.deleteProperty(members, name);
  const parts = (options.signature ?? given.signature) as SignatureParts | undefined;
  return { members, parts, task: taskGiven(options, (given.task ?? origin?.task) as TaskGiven | undefined) };
}

function taskGiven({ task, labels, imagePreset }: AddOptions, own: TaskGiven | undefined): TaskGiven {
  const image = imagePreset === undefined ? undefined : imagePresets[imagePreset];
  return { ...(task ?? own ?? noMeaning), ...(labels && { labels }), ...(image && { image }) };
}

/**
 * Refuses what could not be in any record, before gigabytes are copied and a model is tried.
 * @throws ERR_MANIFEST with each fault, ERR_INVALID_ARGUMENT for a task
 */
export function checkDraft({ members, parts, task }: Draft, { name, version, record = {} }: AddOptions): void {
  const where = `${name} ${version}`;
  const deep = Object.entries({ ...members, signature: parts, task }).filter(([, value]) => isTooDeep(value));
  if (deep.length > 0) {
    throw refused(
      where,
      deep.map(([key]) => ({ pointer: `/${key}`, detail: nestingRule })),
    );
  }
  const others = (['name', 'version'] as const)
    .filter((key) => record[key] !== undefined && record[key] !== { name, version }[key])
    .map((key) => ({
      pointer: `/${key}`,
      detail: `must be ${JSON.stringify({ name, version }[key])}, as it is added`,
    }));
  if (others.length > 0) throw refused(where, others);
  const spec = { name: 'x', dtype: 'float32', shape: [] };
  // The rest of the record is found out; what is stated is held to the schema beside something that fits it.
  const probe = {
    schemaVersion: 2,
    ...{ name, version, created: new Date(0).toISOString() },
    ...members,
    engine: engineNames[0],
    artifact: { file: 'model', sha256: '0'.repeat(64), bytes: 1 },
    signature: { inputs: [spec], outputs: [spec] },
    task: noMeaning,
  };
  parseRecord(JSON.stringify(probe), where, { name, version }, { isDraft: true });
  const kind = taskKindOf(task);
  if (kind && 'labels' in kind.members && !('labels' in task)) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected labels, in the order of the classes, for the task ${kind.type}: give the option labels (--labels FILE)`,
    );
  }
  taskOf(task, undefined);
}

/**
 * What a deployment demands beside what admission finds out.
 * @throws ERR_MANIFEST naming all that is missing
 */
export function requireStrict({ members }: Draft, options: AddOptions, origin: Origin | undefined): void {
  if (!options.strict) return;
  // A format's version alone says of no framework which it was.
  const framework = options.framework ?? options.record?.framework;
  const said: Readonly<Record<string, unknown>> = {
    ...members,
    framework: framework ?? (origin?.namesMaker ? origin.framework : undefined),
  };
  const missing = demanded.filter(([name]) => Object.keys(said[name] ?? {}).length === 0);
  if (missing.length === 0) return;
  throw refused(
    `${options.name} ${options.version}`,
    missing.map(([name, how]) => ({ pointer: `/${name}`, detail: `must be stated with strict: ${how}` })),
  );
}

/** THE LIST of what strict demands, and how it is given. */
const demanded: readonly (readonly [member: string, how: string])[] = [
  ['metrics', 'what an evaluation measured, in --record FILE'],
  ['training', 'at least its dataset, in --record FILE'],
  ['sourceCommit', 'the commit it was made from (--source-commit HEAD, or in --record FILE)'],
  ['framework', 'what it was trained with and its version, in --record FILE'],
];

/** The signature as far as it was stated: its task is elsewhere. */
export function statedSignature({ parts }: Draft): SignatureParts {
  const { inputs, outputs } = (parts ?? {}) as Signature;
  return { ...(inputs && { inputs }), ...(outputs && { outputs }) };
}

/** @throws ERR_MANIFEST where the record that was given is of another file */
export function requireSameArtifact({ name, version, record = {} }: AddOptions, digest: FileDigest): void {
  const artifact = (record.artifact ?? {}) as Partial<FileDigest>;
  const faults = (['sha256', 'bytes'] as const)
    .filter((key) => artifact[key] !== undefined && artifact[key] !== digest[key])
    .map((key) => ({ pointer: `/artifact/${key}`, detail: `must be ${digest[key]}, that of the file` }));
  if (faults.length > 0) throw refused(`${name} ${version}`, faults);
}

function refused(where: string, errors: readonly ErrorDetail[]): TorchError {
  const list = errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
  return torchError('ERR_MANIFEST', `Invalid record of ${where}: ${list}`, { errors });
}
