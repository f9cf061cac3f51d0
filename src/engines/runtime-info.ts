import type { LiveModel } from '../model/live-models.js';

/** What is loaded in this process, and what it runs on. */
export interface RuntimeInfo {
  /** The LibTorch that is loaded: its version, its folder, and how it was found. */
  readonly libtorch: {
    readonly version: string;
    readonly path: string;
    readonly source: string;
    readonly cuda: boolean;
    /** What could not be used, e.g. CUDA libraries that do not load. */
    readonly warnings: readonly string[];
  };
  /** The addon: its file, and the LibTorch version it was compiled against. */
  readonly addon: { readonly path: string; readonly torchVersion: string };
  readonly threads: { readonly intraOp: number; readonly interOp: number };
  /** Cores this process may use, by its CPU affinity and its control group's quota. May be fractional. */
  readonly cores: number;
  /** The vector instructions that LibTorch uses, e.g. AVX512. */
  readonly cpuCapability: string;
  /** Whether the CPU computes bfloat16 in hardware. */
  readonly bfloat16: boolean;
  /** The devices of this machine. `failure` is CUDA's message if the device was lost to this process. */
  readonly devices: readonly { readonly name: string; readonly type: string; readonly failure?: string }[];
  /** Paths of the open libraries of custom operators, of the whole process. */
  readonly operatorLibraries: readonly string[];
  /** The models that this thread (the main one or a worker) has loaded. */
  readonly models: readonly LiveModel[];
  readonly mkl: string;
  readonly onednn: string;
  readonly openmp: string;
}
