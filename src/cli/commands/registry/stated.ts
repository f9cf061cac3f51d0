/** What the flags of `registry add` state of a model. */
import { stat } from 'node:fs/promises';
import { describe, torchError } from '../../../errors.js';
import { isAlias, isModelName, isVersion } from '../../../registry/names.js';
import { statedCommit } from '../../../registry/record/git.js';
import { checkAddOptions, type AddOptions, type AdmissionLoad } from '../../../registry/record/options.js';
import type { ModelSettings } from '../../../server/settings/table.js';
import { readArguments } from '../../input.js';
import { settingsOf } from '../../options.js';
import { commandSettings } from '../../settings.js';
import { readJsonObject, readLabels } from '../../task-of-settings.js';
import { loadOptionsOf } from '../../target.js';
import { asked, UsageError } from '../../usage.js';
import type { AddFlags } from './add.js';
import { durationOf, sizeOf } from './quantities.js';
import { usage } from './shared.js';
import { specOf } from './spec-text.js';

/**
 * Reads the files that the flags name, before any folder is made.
 * @throws UsageError for what no model may be called, for a commit that git does not know, and for a file that cannot be read
 */
export async function addOptionsOf(flags: AddFlags): Promise<Omit<AddOptions, 'source' | 'onProgress'>> {
  requireNames(flags);
  const { license, description, intendedUse, limitations, strict, imagePreset } = flags;
  const stated = { license, description, intendedUse, limitations, strict, imagePreset };
  const read = async () => ({
    ...given(stated),
    ...given({
      sourceCommit: flags.sourceCommit === undefined ? undefined : await statedCommit(flags.sourceCommit),
      record: await object(flags.record),
      signature: await signatureParts(flags),
      metrics: await object(flags.metrics),
      training: (await object(flags.training)) as AddOptions['training'],
      task: await taskOf(flags),
      labels: flags.labels === undefined || isTruth(flags.labels) ? undefined : await readLabels(flags.labels),
      trainingStatistics: (await object(flags.statistics)) as AddOptions['trainingStatistics'],
    }),
  });
  const files = await read().catch((cause: unknown) => {
    throw cause instanceof UsageError ? cause : new UsageError(cause);
  });
  const options = {
    ...files,
    name: flags.name,
    version: flags.modelVersion,
    load: admissionLoadOf(commandSettings({ overrides: settingsOf(flags) })),
    admission: limitsOf(flags),
    ...given(dataOf(flags)),
    ...given({ framework: frameworkOf(flags.framework), example: exampleOf(flags.example) }),
  } as AddOptions;
  asked(() => checkAddOptions(options));
  return options;
}

/** The options of loadModel that settings hold and an admission takes: where runs take place is no matter of the model. */
export function admissionLoadOf(settings: ModelSettings): AdmissionLoad {
  const { runInline: _runInline, ...load } = loadOptionsOf(settings);
  return load;
}

/** Before any folder is made. @throws ERR_MODEL_LOAD when there is no file */
export async function requireFile(file: string): Promise<void> {
  const status = await stat(file).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw torchError('ERR_MODEL_LOAD', `Expected a model file at ${file} (${code})`, { cause });
  });
  if (!status.isFile()) throw torchError('ERR_MODEL_LOAD', `Expected a model file at ${file}, which is none`);
}

function requireNames({ name, modelVersion, alias = [] }: AddFlags): void {
  if (!isModelName(name)) {
    throw usage(`Expected 1 to 64 characters a-z 0-9 . _ - for --name but received ${describe(name)}`);
  }
  if (!isVersion(modelVersion)) {
    throw usage(
      `Expected a version such as v1.0, 2 or 1.4.2 for --model-version but received ${describe(modelVersion)}`,
    );
  }
  for (const each of alias) {
    if (!isAlias(each)) throw usage(`Expected an alias such as champion for --alias but received ${describe(each)}`);
  }
}

async function taskOf({ task, taskFile }: AddFlags): Promise<object | undefined> {
  if (task === undefined && taskFile === undefined) return undefined;
  return { ...(await object(taskFile)), ...(task !== undefined && { type: task }) };
}

/** The flags of single inputs and outputs take the place of those in the file. */
async function signatureParts({ signature, input, output }: AddFlags): Promise<object | undefined> {
  const parts = {
    ...(await object(signature)),
    ...(input && { inputs: input.map((text) => specOf('--input', text)) }),
    ...(output && { outputs: output.map((text) => specOf('--output', text)) }),
  };
  return Object.keys(parts).length > 0 ? parts : undefined;
}

const object = async (path: string | undefined): Promise<Record<string, unknown> | undefined> =>
  path === undefined ? undefined : readJsonObject(path);

function limitsOf({ run, timeLimit, memoryLimit }: AddFlags): AddOptions['admission'] {
  if (!run) return false;
  return given({
    timeoutMs: timeLimit === undefined ? undefined : durationOf('--time-limit', timeLimit),
    memoryBytes: memoryLimit === undefined ? undefined : sizeOf('--memory-limit', memoryLimit),
  });
}

function frameworkOf(pairs: readonly string[] | undefined): Record<string, string> | undefined {
  if (pairs === undefined) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([A-Za-z][\w.-]*)=(.+)$/.exec(pair) ?? [];
      if (key === undefined || value === undefined)
        throw usage(`Expected NAME=VERSION, such as torch=2.15.0, for --framework but received ${describe(pair)}`);
      return [key, value];
    }),
  );
}

/** Labels of classes are text; what NumPy has written is the class of each row. */
const isTruth = (file: string): boolean => file.endsWith('.npy');

function dataOf({
  data,
  heldOut,
  heldOutAnswers,
  truth,
  labels,
  statistics,
  run,
}: AddFlags): Pick<AddOptions, 'data' | 'heldOut' | 'heldOutAnswers' | 'truth'> {
  const classes = truth ?? (labels !== undefined && isTruth(labels) ? labels : undefined);
  if (data === undefined && (classes !== undefined || heldOut !== undefined))
    throw usage('Expected --data with --truth and --held-out: the data that it was trained on');
  if (data !== undefined && statistics !== undefined) throw usage('Expected one of --data and --statistics, not both');
  if (data !== undefined && !run) throw usage('Expected no --no-run with --data, which the model is run on');
  if (heldOut !== undefined && classes === undefined)
    throw usage('Expected --truth with --held-out: the true class of each of its rows');
  if (heldOutAnswers !== undefined && heldOut === undefined)
    throw usage('Expected --held-out with --held-out-answers: the rows that they are for');
  return given({ data, heldOut, heldOutAnswers, truth: classes });
}

function exampleOf(files: readonly string[] | undefined): AddOptions['example'] {
  if (files === undefined) return undefined;
  return ({ methods, signature }) =>
    readArguments(files, { method: methods.find(({ name }) => name === 'forward'), signature });
}

/** Without the members that were not given. */
function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
