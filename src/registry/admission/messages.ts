/** What the process of an admission is told, and what it tells. */
import type { SaidError } from '../../errors.js';
import type { EngineName, ModelInfo } from '../../model/info.js';
import type { Signature } from '../../signature/spec.js';
import type { DType } from '../../tensor/dtype.js';
import type { AdmissionLoad, SignatureParts } from '../record/options.js';
import type { WireValue } from './wire.js';

/** How the model is loaded. Paths are absolute: the process has a working directory of its own. */
export interface LoadRequest {
  readonly kind: 'load';
  readonly path: string;
  readonly load: AdmissionLoad & { readonly engine: EngineName };
  readonly parts: SignatureParts | undefined;
}

/** What it is run on, and how often. */
export interface RunRequest {
  readonly kind: 'run';
  readonly example: WireValue | undefined;
  readonly batchSizes: readonly number[];
  /** Milliseconds that the question of its rows may take. */
  readonly budgetMs: number;
}

/** Rows to run it on, after the report. */
export interface AnswerRequest {
  readonly kind: 'answer';
  readonly args: WireValue;
  /** Name of the first output, which is all that is answered. */
  readonly output: string;
}

export type Request = LoadRequest | RunRequest | AnswerRequest;

/** What is known once it is loaded. */
export interface Loaded {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  /** Such as `LibTorch 2.15.0`. */
  readonly runtime: string;
  /** Bytes of resident memory that the load added. */
  readonly loadBytes: number;
}

/** A tensor among what the model returned. */
export interface SeenTensor {
  /** The way to it in a dictionary, `parts.0`; undefined where it stands by its place. */
  readonly name: string | undefined;
  readonly dtype: DType;
  /** Null for a size that runs of other rows or other free sizes changed, or may have. */
  readonly shape: readonly (number | null)[];
}

/** What the runs showed. What could not be found out is left out. */
export interface RunReport {
  /** Why there were none; undefined where the model ran. */
  readonly refused?: string;
  readonly rows?: { readonly verdict: 'independent' | 'dependent' | 'unknown'; readonly reason: string };
  readonly batchSizes: readonly number[];
  readonly random?: boolean;
  readonly deterministic?: boolean;
  readonly latency: readonly {
    readonly rows: number;
    readonly runs: number;
    readonly median: number;
    readonly p95: number;
  }[];
  /** Dtypes and shapes of the tensors it ran on, in the order of its arguments; undefined for what is none. */
  readonly inputs: readonly ({ readonly dtype: DType; readonly shape: readonly (number | null)[] } | undefined)[];
  /** Undefined where they are no tensors in an order. */
  readonly outputs?: readonly SeenTensor[] | undefined;
  readonly peakBytes: number;
}

export type Told =
  | { readonly kind: 'stage'; readonly stage: 'load' | 'run' }
  | { readonly kind: 'loaded'; readonly loaded: Loaded }
  | { readonly kind: 'report'; readonly report: RunReport }
  | { readonly kind: 'answered'; readonly value: WireValue }
  | {
      readonly kind: 'failed';
      /** An error of our table; any other is told by its message alone. */
      readonly isOurs: boolean;
      readonly error: SaidError;
    };
