import * as check from '../check.js';
import { expected } from '../errors.js';
import { seedGenerators, startAddon, startedAddon } from './torch/started-addon.js';
import { deviceFailures, type DeviceFailure } from './torch/device-failures.js';
import { liveModels } from '../model/live-models.js';
import { availableCores, configureThreads, type ThreadSettings } from '../model/threads.js';
import type { RuntimeInfo } from './runtime-info.js';
import { printable } from './runtime-text.js';
import { fromWire } from './torch/wire.js';

export { deviceFailures, type DeviceFailure, type RuntimeInfo, startedAddon };

/** LibTorch's settings and state in this process. */
export const runtime = {
  /**
   * Sets thread counts for the whole process, and how many threads may compute at one time (`computeThreads`). Call it before
   * the first model is loaded.
   * @throws ERR_ALREADY_INITIALIZED once a model or LibTorch was loaded, ERR_INVALID_ARGUMENT for a count that is not an integer from 1 to 1024
   */
  configure(settings: ThreadSettings): void {
    check.options('runtime.configure', settings, ['intraOpThreads', 'interOpThreads', 'computeThreads']);
    for (const [name, value] of Object.entries(settings)) {
      if (value !== undefined) check.integer(name, value, 1, 1024);
    }
    configureThreads(settings);
  },

  /**
   * Seeds the random numbers of every TorchScript model, exported program and compiled package in this process, on the CPU and on
   * every device, as `torch.manual_seed` does: the same runs in the same order then draw the same numbers. Call it before the
   * first load or at any later time; a run that is drawing numbers is waited for. All models, instances and threads draw
   * from one sequence per device, so only runs that come one after the other can be repeated. Models that carry a
   * generator of their own, and ONNX models, are not affected.
   * @param seed an integer from 0 to 2^53 - 1, or a bigint from 0n to 2n ** 64n - 1n
   * @returns resolves when the seed is set; runs that are submitted from then on go by it
   * @throws ERR_INVALID_ARGUMENT for another seed
   */
  async manualSeed(seed: number | bigint): Promise<void> {
    const isSeed =
      typeof seed === 'bigint' ? seed === BigInt.asUintN(64, seed) : Number.isSafeInteger(seed) && seed >= 0;
    if (!isSeed)
      throw expected('an integer from 0 to 2^53 - 1, or a bigint from 0n to 2n ** 64n - 1n', 'the seed', seed);
    await seedGenerators(BigInt(seed));
  },

  /**
   * Resolves to what is loaded and in force, LibTorch being loaded first (about 0.3 s, off the event loop) if nothing has
   * loaded it yet. Does not wait for an operator library that is being opened: the list has those that are open. `console.log` of
   * it fits 24 lines of 80 columns, and leaves out what is more.
   * @throws what loading the libraries throws: ERR_LIBTORCH_NOT_FOUND, ERR_ADDON_NOT_FOUND, …
   */
  async info(): Promise<RuntimeInfo> {
    const { addon, dispatcher, native, threads } = await startAddon();
    const { value } = await dispatcher.start((id) => {
      addon.readRuntimeInfo(id);
    });
    const { torchVersion, ...said } = fromWire(value) as unknown as Omit<
      RuntimeInfo,
      'libtorch' | 'addon' | 'models'
    > & {
      torchVersion: string;
    };
    const failures = new Map(deviceFailures().map(({ device, reason }) => [device, { failure: reason }]));
    const { version, path, source, cuda, warnings } = native.libtorch;
    return printable({
      libtorch: { version, path, source, cuda, warnings },
      addon: { path: native.addonPath, torchVersion },
      ...said,
      devices: said.devices.map((device) => ({ ...device, ...failures.get(device.name) })),
      models: liveModels(),
      threads,
      cores: availableCores(),
    });
  },
};
