/** Tries a model in a process of its own, which it may end. */
import { resolve } from 'node:path';
import { torchError } from '../../errors.js';
import type { EngineName } from '../../model/info.js';
import type { Value } from '../../tensor/value.js';
import type { AdmissionLimits, AdmissionLoad, ExampleGiven, SignatureParts } from '../record/options.js';
import { defaultMemory } from './memory-watch.js';
import type { Loaded, RunReport } from './messages.js';
import { makeScratch, removeScratch } from './scratch.js';
import { Trial } from './trial.js';
import { exampleToWire } from './wire.js';

export interface AdmissionRequest {
  readonly engine: EngineName;
  /** Of the file's bytes: a file that has others by now is refused. */
  readonly sha256: string;
  /** Of all of its files, as far as they are known. */
  readonly bytes: number;
  readonly load?: AdmissionLoad | undefined;
  readonly parts?: SignatureParts | undefined;
  readonly example?: ExampleGiven | undefined;
  /** False: it is loaded and not run. */
  readonly limits: AdmissionLimits | false;
  readonly signal?: AbortSignal | undefined;
  readonly onStage?: (stage: 'load' | 'run') => void;
  /** Called while the process still answers, where it ran. */
  readonly whileThere?: ((admitted: Admitted, answer: AnswerRows) => Promise<void>) | undefined;
}

/** Runs the model once more: its first output, by the name that the signature gives it, for some rows. */
export type AnswerRows = (args: readonly (Value | undefined)[], output: string) => Promise<Value>;

/** What was found out. */
export interface Admitted {
  readonly loaded: Loaded;
  /** Undefined where it was not run. */
  readonly report: RunReport | undefined;
  readonly example: 'made-up' | 'given' | 'none';
}

const defaultTimeoutMs = 120_000;
const defaultBatchSizes = [1, 8];

/**
 * Loads a model in a throw-away process and runs it there. That process has an empty working directory, an environment
 * without secrets, limits of time and memory, and leaves nothing behind; ours goes on whatever happens to it.
 * @param path of the file; its sidecars lie beside it, or behind links into `load.externalDataRoot`
 * @throws ERR_ADMISSION for a crash, for too much time or memory; ERR_INTEGRITY when the file changed meanwhile; what loadModel
 * throws, what the model says of an example that was given, or `signal.reason`
 */
export async function admit(path: string, request: AdmissionRequest): Promise<Admitted> {
  const { signal, limits, sha256 } = request;
  signal?.throwIfAborted();
  const {
    timeoutMs = defaultTimeoutMs,
    memoryBytes = defaultMemory(request.bytes),
    batchSizes = defaultBatchSizes,
  } = limits || {};
  const scratch = await makeScratch();
  try {
    const trial = new Trial({
      file: path,
      scratch,
      modelBytes: request.bytes,
      timeoutMs,
      memoryBytes,
      signal,
      answers: request.whileThere !== undefined,
      onStage: request.onStage,
    });
    try {
      const loaded = await trial.load({ path: resolve(path), load: absolute(request), parts: request.parts });
      if (loaded.info.sha256 !== sha256) {
        throw torchError(
          'ERR_INTEGRITY',
          `Expected ${path} to stay as it is while it is added but it was changed; add it again`,
        );
      }
      if (limits === false) return { loaded, report: undefined, example: 'none' };
      const given = await exampleOf(request.example, loaded);
      const example = given === undefined ? undefined : exampleToWire(given);
      const report = await trial.run({ example, batchSizes: [...batchSizes], budgetMs: timeoutMs / 2 });
      const used = report.refused !== undefined ? 'none' : example === undefined ? 'made-up' : 'given';
      const admitted: Admitted = { loaded, report, example: used };
      await request.whileThere?.(admitted, async (args, output) => {
        return (await trial.answer({ args: exampleToWire(args), output })) as Value;
      });
      return admitted;
    } finally {
      await trial.end();
    }
  } finally {
    await removeScratch(scratch);
  }
}

/** The process has another working directory. */
function absolute({ engine, load = {} }: AdmissionRequest): AdmissionLoad & { engine: EngineName } {
  const { operatorLibraries, externalDataRoot } = load;
  return {
    ...load,
    engine,
    ...(operatorLibraries && { operatorLibraries: operatorLibraries.map((library) => resolve(library)) }),
    ...(externalDataRoot !== undefined && { externalDataRoot: resolve(externalDataRoot) }),
  };
}

async function exampleOf(example: ExampleGiven | undefined, { info, signature }: Loaded) {
  return typeof example === 'function' ? await example({ methods: info.methods, signature }) : example;
}
