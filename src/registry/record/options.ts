/** What whoever adds a model says of it. */
import * as check from '../../check.js';
import { expected } from '../../errors.js';
import type { LoadOptions } from '../../model/options.js';
import type { MethodSchema, Signature, TensorSpec } from '../../signature/spec.js';
import { presetNames } from '../../tasks/image/spec.js';
import type { TaskGiven } from '../../tasks/kinds/given.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Arguments } from '../../tensor/value.js';
import type { DataGiven } from '../data/rows.js';
import type { TruthGiven } from '../data/truth.js';
import { checkName, checkVersion } from '../names.js';
import type { ModelRecord } from '../model-record.js';

/** An input or output, as far as it is stated: by its name where that is given, else by its place in the list. */
export type SpecPart = Partial<TensorSpec>;

/** A signature, as far as it is stated. The file, and for outputs the runs, say the rest. */
export interface SignatureParts {
  readonly inputs?: readonly SpecPart[];
  readonly outputs?: readonly SpecPart[];
}

/** Options of `loadModel` that admission loads the model with. */
export type AdmissionLoad = Pick<
  LoadOptions,
  'engine' | 'device' | 'precision' | 'outputDtype' | 'optimize' | 'autograd' | 'operatorLibraries' | 'externalDataRoot'
>;

/** What the runs of an admission may take. */
export interface AdmissionLimits {
  /** Milliseconds for the load and all runs together, default 120000. */
  readonly timeoutMs?: number;
  /**
   * Bytes of memory of the process that loads and runs it. Default: 8 GiB, or four times its files where that is more, but never
   * more than three quarters of what this machine (or its control group) has. Held on Linux alone.
   */
  readonly memoryBytes?: number;
  /** Rows of the runs that are measured, default [1, 8]; sizes that the model refuses are left out. */
  readonly batchSizes?: readonly number[];
}

/** What is known of a model once it is loaded: as much as it takes to read an example for it. */
export interface KnownModel {
  readonly methods: readonly MethodSchema[];
  /** With what was stated. */
  readonly signature: Signature | undefined;
}

/** An input that the model takes, or what makes one of what the model says of itself. */
export type ExampleGiven =
  Arguments | Tensor | ((model: KnownModel) => Arguments | Tensor | Promise<Arguments | Tensor>);

/** Where adding a model is. */
export type AddProgress =
  | {
      /** `copy`: its files are copied and hashed; `load`, `run`: in a process of its own; `record`: it is written. */
      readonly stage: 'copy' | 'load' | 'run' | 'record';
    }
  /** It runs on the training data: so many rows of so many are done. */
  | { readonly stage: 'data'; readonly rows: number; readonly total: number };

/** Members of a record that are taken as they are stated, from the options before the record's. */
export const statedMembers = [
  ...[
    'tolerance',
    'inputStatistics',
    'trainingStatistics',
    'metrics',
    'training',
    'sourceCommit',
    'source',
    'framework',
  ],
  ...['description', 'intendedUse', 'limitations', 'license'],
] as const;

type Stated = Pick<ModelRecord, (typeof statedMembers)[number]>;

/** What `ModelRegistry.add` takes beside the file. */
export interface AddOptions extends Stated {
  readonly name: string;
  readonly version: string;
  /**
   * Members of the record, as a training script writes them: those of metadata.json, each as far as it is known. The options
   * beside it win over it. `artifact`, where it is given, must be that of the file.
   */
  readonly record?: Readonly<Record<string, unknown>>;
  /** What the file does not say of its inputs and outputs; a contradiction is refused with ERR_SIGNATURE_MISMATCH. */
  readonly signature?: SignatureParts;
  /** Default `{ type: 'other' }`. */
  readonly task?: TaskGiven;
  /** Of the task's classes, in their order. */
  readonly labels?: readonly string[];
  /** How an image becomes the input, by name: `imagenet`. */
  readonly imagePreset?: string;
  /**
   * As in the record; `HEAD`, or another name of a commit, is looked up in the git repository of the working directory, whose
   * tracked files must be as they were committed. Default: the one in the file's own metadata, where somebody wrote it there.
   */
  readonly sourceCommit?: string;
  /** Demand `metrics`, `training`, `sourceCommit` and `framework`, as for a deployment, and that the model ran. Default false. */
  readonly strict?: boolean;
  /** What the model is run on. Default: made from the signature. */
  readonly example?: ExampleGiven;
  /**
   * What it was trained on: the model is run on it, and the record gets `trainingStatistics`, which monitoring compares with. At
   * least 100 rows; of more than 100,000, evenly spaced ones. No row is kept.
   */
  readonly data?: DataGiven;
  /** The true class of each row of `heldOut`, or of `data` without it: the record says how far confidences can be believed. */
  readonly truth?: TruthGiven;
  /** Rows that it was not trained on, for `truth`. On those that it was, a model is more often right than elsewhere. */
  readonly heldOut?: DataGiven;
  /**
   * The first output for each row of `heldOut`, computed elsewhere: by cross-fitting, say, where each row is answered by a model that
   * was trained without it. Default: the model is run on them.
   */
  readonly heldOutAnswers?: DataGiven;
  readonly load?: AdmissionLoad;
  /** False loads the model and runs nothing. */
  readonly admission?: AdmissionLimits | false;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: AddProgress) => void;
}

const known: readonly (keyof AddOptions)[] = [
  ...[
    'name',
    'version',
    'record',
    'signature',
    'task',
    'labels',
    'imagePreset',
    'strict',
    'example',
    'data',
    'truth',
    'heldOut',
    'heldOutAnswers',
  ],
  ...['load', 'admission', 'signal', 'onProgress', ...statedMembers],
] as readonly (keyof AddOptions)[];

const loadNames = [
  ...['engine', 'device', 'precision', 'outputDtype', 'optimize', 'autograd', 'operatorLibraries', 'externalDataRoot'],
];

/**
 * Checks the form of the options; what they say of the record is checked with it.
 * @throws ERR_INVALID_ARGUMENT
 */
export function checkAddOptions(options: AddOptions): void {
  check.options('add', options, known);
  const { name, version, record, signature, task, labels, imagePreset, strict, load, admission, signal } = options;
  checkName(name);
  checkVersion(version);
  if (record !== undefined) check.object('record', record);
  if (task !== undefined) check.object('task', task);
  if (signature !== undefined) checkParts(signature);
  if (labels !== undefined && !isTexts(labels)) throw expected('an array of strings', 'labels', labels);
  if (imagePreset !== undefined) check.oneOf('imagePreset', imagePreset, presetNames);
  if (strict !== undefined) check.boolean('strict', strict);
  if (load !== undefined) check.options('load', load, loadNames);
  if (admission !== undefined && admission !== false) checkLimits(admission);
  check.signal(signal);
  checkData(options);
}

/** @throws ERR_INVALID_ARGUMENT for data that nothing can be made of beside the other options */
function checkData({ data, truth, heldOut, heldOutAnswers, trainingStatistics, admission }: AddOptions): void {
  if (data === undefined) {
    for (const [name, value] of Object.entries({ truth, heldOut, heldOutAnswers })) {
      if (value !== undefined) throw expected('data beside it', name, value);
    }
    return;
  }
  if (heldOut !== undefined && truth === undefined)
    throw expected('the truth of its rows beside it', 'heldOut', heldOut);
  if (trainingStatistics !== undefined)
    throw expected('either data or trainingStatistics', 'the options of add', 'both');
  if (admission === false) throw expected('an admission that runs the model, for data', 'admission', admission);
}

function checkLimits(limits: AdmissionLimits): void {
  check.options('admission', limits, ['timeoutMs', 'memoryBytes', 'batchSizes']);
  const { timeoutMs, memoryBytes, batchSizes } = limits;
  if (timeoutMs !== undefined) check.milliseconds('timeoutMs', timeoutMs);
  if (memoryBytes !== undefined) check.integer('memoryBytes', memoryBytes, 2 ** 20, Number.MAX_SAFE_INTEGER);
  if (batchSizes === undefined) return;
  if (!Array.isArray(batchSizes) || batchSizes.length === 0)
    throw expected('an array of at least one size', 'batchSizes', batchSizes);
  for (const size of batchSizes as readonly unknown[]) check.integer('a batch size', size, 1, 1_000_000);
}

function checkParts(parts: SignatureParts): void {
  check.options('the signature', parts, ['inputs', 'outputs']);
  for (const side of ['inputs', 'outputs'] as const) {
    const specs: unknown = parts[side];
    if (specs === undefined) continue;
    if (!Array.isArray(specs)) throw expected('an array', `signature.${side}`, specs);
    for (const [i, spec] of (specs as readonly unknown[]).entries()) check.object(`signature.${side}[${i}]`, spec);
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && item !== '');
}
