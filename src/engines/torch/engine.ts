import type { Addon } from '../../addon/addon.js';
import { codedAddon } from '../../addon/coded-addon.js';
import { Dispatcher } from '../../addon/dispatcher.js';
import { loadNative, type LoadedNative } from '../../libtorch/load.js';
import { fixIntraOpThreads, interOpThreads, releaseThreads, settleIntraOpThreads } from '../../model/threads.js';
import { fromWire } from './wire.js';

/** The addon, started in this environment (the main thread or a worker). */
export interface Engine {
  readonly addon: Addon;
  readonly dispatcher: Dispatcher;
  readonly native: LoadedNative;
  /** In force in the whole process, whatever was configured here. */
  readonly threads: { readonly intraOp: number; readonly interOp: number };
}

let engine: Engine | undefined;
let starting: Promise<Engine> | undefined;

/** Loads LibTorch off the event loop, once. `instances` shares out the default thread count. */
export function startEngine(instances = 1): Promise<Engine> {
  if (engine) return Promise.resolve(engine);
  if (starting) return starting;
  const intraOpThreads = fixIntraOpThreads(instances);
  return (starting = loadNative({ intraOpThreads })
    .then((native) => (engine ??= initialise(native, intraOpThreads)))
    .catch((error: unknown) => {
      starting = undefined; // a missing LibTorch may be put there and tried again
      releaseThreads();
      throw error;
    }));
}

/** The engine, if anything has started it. */
export function startedEngine(): Engine | undefined {
  return engine;
}

/** Where the engine of an environment is kept: on the addon, which Node loads once however often this module is. */
const engineKey = Symbol.for('node-libtorch.engine');

function initialise(native: LoadedNative, intraOpThreads: number): Engine {
  const holder = native.addon as Addon & { [engineKey]?: Engine };
  return (holder[engineKey] ??= start(native, intraOpThreads));
}

function start(native: LoadedNative, intraOpThreads: number): Engine {
  const addon = codedAddon(native.addon);
  const dispatcher = new Dispatcher(addon);
  const threads = fromWire(
    addon.initialise(dispatcher.onSettled, intraOpThreads, interOpThreads()),
  ) as Engine['threads'];
  settleIntraOpThreads(threads.intraOp);
  // Node runs no clean-up hooks on process.exit() in the main thread; without this LibTorch's static objects would be
  // destroyed under a run that is still going.
  process.on('exit', () => {
    addon.shutdown();
  });
  return { addon, dispatcher, native, threads };
}
