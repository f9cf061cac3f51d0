import * as check from '../check.js';
import { startAddon, startedAddon } from './torch/started-addon.js';
import { deviceFailures, type DeviceFailure } from './torch/device-failures.js';
import { liveModels, type LiveModel } from '../model/live-models.js';
import { availableCores, configureThreads, type ThreadSettings } from '../model/threads.js';
import { fromWire } from './torch/wire.js';

export { deviceFailures, type DeviceFailure, startedAddon };

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

/** LibTorch's settings and state in this process. */
export const runtime = {
  /**
   * Sets thread counts for the whole process. Call it before the first model is loaded.
   * @throws ERR_ALREADY_INITIALIZED once a model or LibTorch was loaded, ERR_INVALID_ARGUMENT for a count that is not an integer from 1 to 1024
   */
  configure(settings: ThreadSettings): void {
    check.options('runtime.configure', settings, ['intraOpThreads', 'interOpThreads']);
    for (const [name, value] of Object.entries(settings)) {
      if (value !== undefined) check.integer(name, value, 1, 1024);
    }
    configureThreads(settings);
  },

  /**
   * Resolves to what is loaded and in force, LibTorch being loaded first (about 0.3 s, off the event loop) if nothing has
   * loaded it yet. Does not wait for an operator library that is being opened: the list has those that are open.
   * @throws what loading the libraries throws: ERR_LIBTORCH_NOT_FOUND, ERR_ADDON_NOT_FOUND, …
   */
  async info(): Promise<RuntimeInfo> {
    const { addon, native, threads } = await startAddon();
    const { torchVersion, ...said } = fromWire(addon.runtimeInfo()) as unknown as Omit<
      RuntimeInfo,
      'libtorch' | 'addon' | 'models'
    > & {
      torchVersion: string;
    };
    const failures = new Map(deviceFailures().map(({ device, reason }) => [device, { failure: reason }]));
    const { version, path, source, cuda, warnings } = native.libtorch;
    return {
      libtorch: { version, path, source, cuda, warnings },
      addon: { path: native.addonPath, torchVersion },
      ...said,
      devices: said.devices.map((device) => ({ ...device, ...failures.get(device.name) })),
      models: liveModels(),
      threads,
      cores: availableCores(),
    };
  },
};
