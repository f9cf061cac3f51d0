/** `registry add`: a file becomes a version with a record and a card, after it was tried. */
import { basename, dirname, join } from 'node:path';
import * as check from '../check.js';
import { engineTable, findEngine } from '../engines/index.js';
import { describe, torchError, TorchError } from '../errors.js';
import { digestFile, type FileDigest } from '../files/hash.js';
import type { EngineName, ExternalFile } from '../model/info.js';
import type { TrainingStatistics } from '../monitoring/drift/statistics.js';
import { admit, type AdmissionRequest, type Admitted, type AnswerRows } from './admission/admit.js';
import { requireModel } from './admission/identify.js';
import { weightBytes } from './admission/weight-bytes.js';
import { cardOf } from './card/index.js';
import { buildRecord } from './record/build.js';
import {
  checkDraft,
  draftOf,
  requireSameArtifact,
  requireStrict,
  statedSignature,
  type Draft,
} from './record/draft.js';
import { artifactName } from './record/file-name.js';
import { cachedFile } from './record/hub-cache.js';
import { checkAddOptions, type AddOptions } from './record/options.js';
import { requireNothingNew } from './record/same.js';
import type { DataGiven } from './data/rows.js';
import type { ModelRecord } from './model-record.js';
import type { Staging } from './store/staging.js';
import type { Store } from './store/store.js';

export interface Added {
  readonly record: ModelRecord;
  /** False where the version was there already with the same files and statements: nothing was changed, unless `repaired` says so. */
  readonly added: boolean;
  /** Files of the version were put back that somebody had deleted or damaged since. Left out where there was nothing to do. */
  readonly repaired?: true;
}

/** What it takes of a registry. */
interface Registry {
  record(name: string, version: string): Promise<ModelRecord>;
  verify(name: string, version: string, options: { signal?: AbortSignal }): Promise<unknown>;
  store(): Promise<Store>;
}

/** As ModelRegistry.add. */
export async function add(registry: Registry, file: string, options: AddOptions): Promise<Added> {
  checkAddOptions(options);
  check.text('the file', file, 'a path');
  const { name, version, signal, onProgress } = options;
  signal?.throwIfAborted();
  await requireModel(file);
  const there = await existing(registry, file, options);
  if (there) {
    await requireNothingNew(there, options);
    return await kept(registry, file, there, options);
  }
  const engine = await findEngine(file, options.load?.engine ?? (options.record?.engine as EngineName | undefined));
  const origin = await engineTable[engine].origin(file);
  const cached = cachedFile(file);
  const draft = await draftOf(options, origin, cached?.source);
  checkDraft(draft, options);
  requireStrict(draft, options, origin);
  const store = await registry.store();
  onProgress?.({ stage: 'copy' });
  const staging = await store.stage({ signal });
  try {
    const artifact = artifactName(file, engineTable[engine].extensions);
    const digest = await staging.take(file, artifact, signal);
    requireSameArtifact(options, digest);
    const load = { ...(cached && takesRoot(engine) && { externalDataRoot: cached.root }), ...options.load };
    const now = new Date();
    let trainingStatistics: TrainingStatistics | undefined;
    const whileThere = async (seen: Admitted, answer: AnswerRows): Promise<void> => {
      // The record as it will be, but for the sidecars, which the data knows nothing of.
      const record = buildRecord({
        name,
        version,
        engine,
        draft,
        admitted: seen,
        artifact: { file: artifact, ...digest },
        now,
      });
      trainingStatistics = await counted(record, seen, answer, options);
    };
    const admitted = await tried(file, engine, digest, draft, {
      ...options,
      load,
      ...(options.data !== undefined && { whileThere }),
    });
    const sidecars = await takeSidecars(staging, file, admitted.loaded.info.externalFiles ?? [], signal);
    onProgress?.({ stage: 'record' });
    const record = buildRecord({
      ...{ name, version, engine, draft, admitted },
      artifact: { file: artifact, ...digest, ...(sidecars.length > 0 && { sidecars }) },
      ...{ now, trainingStatistics },
    });
    const committed = await store.commit(staging, { record, card: cardOf(record, 'markdown') }, { signal });
    if (committed.added) return { record, ...committed };
    // Somebody has added it meanwhile, perhaps with other statements.
    const theirs = await registry.record(name, version);
    await requireNothingNew(theirs, options);
    return { record: theirs, ...committed };
  } finally {
    await staging.discard();
  }
}

/** Whether links among its files may lead somewhere: an engine whose models are one file has no such option. */
const takesRoot = (engine: EngineName): boolean => engineTable[engine].lacks.externalDataRoot === undefined;

/**
 * The version that is there already with the same files: it is neither copied nor tried again.
 * @throws ERR_VERSION_EXISTS when it is there with others, or cannot be read
 */
async function existing(
  registry: Registry,
  file: string,
  { name, version, signal }: AddOptions,
): Promise<ModelRecord | undefined> {
  let record: ModelRecord;
  try {
    record = await registry.record(name, version);
  } catch (cause) {
    const { code, message } = cause as TorchError;
    if (code === 'ERR_MODEL_NOT_FOUND' || code === 'ERR_VERSION_NOT_FOUND') return undefined;
    throw taken(name, version, `cannot be read: ${message}`, cause);
  }
  const { artifact } = record;
  const found = await digestFile(file, file, signal);
  if (found.sha256 !== artifact.sha256) {
    throw taken(name, version, `has sha256 ${artifact.sha256}, and ${basename(file)} has ${found.sha256}`);
  }
  for (const sidecar of artifact.sidecars ?? []) {
    const beside = await digestFile(join(dirname(file), sidecar.file), sidecar.file, signal).catch(() => undefined);
    if (beside?.sha256 === sidecar.sha256) continue;
    throw taken(name, version, `has another ${sidecar.file} than the one beside ${basename(file)}`);
  }
  return record;
}

/** A version that is there: its files are put back where one of them is not as it was. Nothing is tried again. */
async function kept(registry: Registry, file: string, record: ModelRecord, options: AddOptions): Promise<Added> {
  const { signal, onProgress } = options;
  const { name, version, artifact } = record;
  const isWhole = await registry.verify(name, version, { ...(signal && { signal }) }).then(
    () => true,
    (error: unknown) => {
      if ((error as TorchError).code === 'ERR_INTEGRITY') return false;
      throw error;
    },
  );
  if (isWhole) return { record, added: false };
  onProgress?.({ stage: 'copy' });
  const store = await registry.store();
  const staging = await store.stage({ signal });
  try {
    await staging.take(file, artifact.file, signal);
    for (const sidecar of artifact.sidecars ?? []) {
      await staging.take(join(dirname(file), sidecar.file), sidecar.file, signal);
    }
    return { record, ...(await store.commit(staging, { record, card: cardOf(record, 'markdown') }, { signal })) };
  } finally {
    await staging.discard();
  }
}

function taken(name: string, version: string, why: string, cause?: unknown): TorchError {
  return torchError(
    'ERR_VERSION_EXISTS',
    `Expected a new version, since versions never change, but ${name} ${version} is there and ${why}\n` +
      `  fix: add it as another version, or remove this one first (registry rm ${name}@${version})`,
    { cause },
  );
}

async function tried(
  file: string,
  engine: EngineName,
  { sha256, bytes }: FileDigest,
  draft: Draft,
  {
    load,
    example,
    admission = {},
    signal,
    strict,
    onProgress,
    whileThere,
  }: AddOptions & Pick<AdmissionRequest, 'whileThere'>,
): Promise<Admitted> {
  const parts = statedSignature(draft);
  const admitted = await admit(file, {
    ...{ engine, sha256, load, example, signal },
    bytes: bytes + (await weightBytes(file, engine, signal)),
    ...(Object.keys(parts).length > 0 && { parts }),
    limits: admission,
    whileThere,
    onStage: (stage) => onProgress?.({ stage }),
  });
  const { methods } = admitted.loaded.info;
  if (!methods.some(({ name }) => name === 'forward')) {
    throw torchError(
      'ERR_ADMISSION',
      `Expected a model with a method forward, which is what is served, but it has ${methods.map(({ name }) => name).join(', ') || 'none'}`,
    );
  }
  if (strict && admitted.example === 'none') {
    const why = admitted.report?.refused ?? '--no-run (admission: false) asked for it';
    throw torchError(
      'ERR_ADMISSION',
      `Expected the model to run, as strict demands, but it was not run: ${why}; give an example (--example FILE)`,
    );
  }
  return admitted;
}

/** Runs it on the data that was given. @throws as countData; ERR_ADMISSION for a model that does not run */
async function counted(
  record: ModelRecord,
  { report }: Admitted,
  answer: AnswerRows,
  { data, heldOut, heldOutAnswers, truth, signal, onProgress }: AddOptions,
): Promise<TrainingStatistics> {
  if (report?.refused !== undefined) {
    throw torchError(
      'ERR_ADMISSION',
      `Expected the model to run, as its training data needs, but it was not run: ${report.refused}; give an example (--example FILE)`,
    );
  }
  const { countData } = await import('./data/count.js');
  const output = record.signature.outputs[0]?.name ?? '';
  const model = {
    areDependent: report?.rows?.verdict === 'dependent',
    answer: (args: Parameters<AnswerRows>[0]) => {
      signal?.throwIfAborted();
      return answer(args, output);
    },
  };
  return await countData({ data: data as DataGiven, heldOut, heldOutAnswers, truth }, record, model, (rows, total) => {
    onProgress?.({ stage: 'data', rows, total });
  });
}

/** The files beside an ONNX model, links followed as admission did: what is copied is what was loaded. @throws ERR_INTEGRITY */
async function takeSidecars(
  staging: Staging,
  file: string,
  external: readonly ExternalFile[],
  signal: AbortSignal | undefined,
): Promise<NonNullable<ModelRecord['artifact']['sidecars']>> {
  const sidecars: { file: string; sha256: string; bytes: number }[] = [];
  for (const { name, sha256 } of external) {
    if (/(^|\/)\./.test(name)) {
      throw torchError(
        'ERR_UNSAFE_ARCHIVE',
        `Expected external data under a name that no signature leaves out but received ${describe(name)}: save the model with names that begin with no dot`,
      );
    }
    const digest = await staging.take(join(dirname(file), name), name, signal);
    if (digest.sha256 !== sha256) {
      throw torchError(
        'ERR_INTEGRITY',
        `Expected ${describe(name)} to stay as it is while it is added but it was changed; add it again`,
      );
    }
    sidecars.push({ file: name, ...digest });
  }
  return sidecars;
}
