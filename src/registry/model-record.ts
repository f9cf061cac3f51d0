/** What a record holds, written out. `schema.ts` checks these members; a test holds both to be the same. */
import type { EngineName } from '../model/info.js';
import type { TrainingStatistics } from '../monitoring/drift/statistics.js';
import type { TensorSpec } from '../signature/spec.js';
import type { Tolerances } from '../signature/tolerance.js';
import type { Task } from '../tasks/kinds/index.js';

/** A file of an artifact. */
export interface RecordFile {
  /** Its path from the folder of the version. */
  readonly file: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly bytes: number;
}

/** The model file, and the files beside it that belong to it: the external data of an ONNX model. */
export interface RecordArtifact extends RecordFile {
  readonly sidecars?: readonly RecordFile[];
}

/** Where an artifact was fetched from. */
export interface RecordSource {
  /** Such as `hf:org/model`. */
  readonly repository?: string;
  /** A commit: 40 or 64 hex digits. */
  readonly revision?: string;
  /** Its path in the repository. */
  readonly file?: string;
  readonly url?: string;
}

/** As measured, with whatever else was stated. */
export interface RecordMetrics {
  readonly [member: string]: unknown;
  /** From 0 to 1. */
  readonly testAccuracy?: number;
  readonly testLoss?: number;
  readonly testSamples?: number;
  /** From 0 to 1. */
  readonly validationAccuracy?: number;
  readonly perClass?: readonly { readonly [member: string]: unknown; readonly label: string }[];
}

/** What it was trained on, with whatever else was stated. */
export interface RecordTraining {
  readonly [member: string]: unknown;
  readonly dataset: string;
  readonly datasetSha256?: string;
  readonly seed?: number;
  /** Rows by the name of a part, such as `train`. */
  readonly split?: Readonly<Record<string, number>>;
}

/** Numbers of the inputs that it was trained on, all features together. */
export interface InputStatistics {
  readonly count: number;
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
  /** The share of each class among the predictions. */
  readonly predictionDistribution?: readonly number[];
}

/** Milliseconds of one run, after warm-up. */
export interface AdmissionLatency {
  readonly rows: number;
  /** How often it was measured. */
  readonly runs: number;
  readonly median: number;
  readonly p95: number;
}

/** What the runs at admission showed. What could not be found out is left out. */
export interface AdmissionFacts {
  /** ISO 8601. */
  readonly date: string;
  /** Version of this package. */
  readonly nodeLibtorch: string;
  /** Such as `LibTorch 2.15.0`. */
  readonly runtime?: string;
  readonly device?: string;
  /** What it was run on: inputs that were made up by the signature, those of a file, or none. */
  readonly example: 'made-up' | 'given' | 'none';
  /** `independent`, `dependent` or `unknown`, as warm-up finds it. */
  readonly rows?: { readonly verdict: string; readonly reason?: string };
  readonly state?: { readonly stateful: boolean; readonly reason?: string };
  /** Whether equal inputs gave equal outputs, bit for bit. */
  readonly deterministic?: boolean;
  readonly latency?: readonly AdmissionLatency[];
  /** Bytes of resident memory of the process: its peak, and what the load added. */
  readonly memory?: { readonly peak: number; readonly load: number };
  readonly warnings?: readonly string[];
}

/**
 * What the registry knows of one version of a model: the content of its metadata.json. Records of `schemaVersion` 1 have
 * `sourceCommit`, `framework`, `metrics` and `training` always; those of 2 where they were stated.
 */
export interface ModelRecord {
  readonly schemaVersion: 1 | 2;
  readonly name: string;
  readonly version: string;
  /** When the record was made: ISO 8601. */
  readonly created: string;
  readonly engine: EngineName;
  readonly artifact: RecordArtifact;
  readonly signature: { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] };
  /** What the outputs mean, and how an image becomes an input. */
  readonly task: Task;
  /** How far outputs may be from the true ones, by precision. */
  readonly tolerance?: Tolerances;
  readonly inputStatistics?: InputStatistics;
  /** The commit that the artifact was made from: 40 or 64 hex digits. */
  readonly sourceCommit?: string;
  readonly source?: RecordSource;
  /** Versions of what made it, such as `torch` and `python`. */
  readonly framework?: Readonly<Record<string, unknown>>;
  readonly metrics?: RecordMetrics;
  readonly training?: RecordTraining;
  readonly description?: string;
  readonly intendedUse?: string;
  readonly limitations?: string;
  /** An SPDX identifier, such as `Apache-2.0`. */
  readonly license?: string;
  readonly admission?: AdmissionFacts;
  /** What it was trained on, as counts: what monitoring compares with. */
  readonly trainingStatistics?: TrainingStatistics;
}
