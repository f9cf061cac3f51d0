import type { Addon } from '../../addon/addon.js';
import { codedAddon } from '../../addon/coded-addon.js';
import { Dispatcher } from '../../addon/dispatcher.js';
import { loadNative, loadNativeSync, type LoadedNative } from '../../libtorch/load.js';
import { torchError } from '../../errors.js';
import { defaultIntraOpThreads, threadsOfEnvironment } from '../../model/threads.js';
import { fromWire } from './wire.js';

/** Thread counts of LibTorch and ONNX Runtime. Fixed for the life of the process by whoever loads first. */
export interface ThreadSettings {
  /**
   * Threads one operator may use, per instance. Default: OMP_NUM_THREADS, else the cores less one, shared by the first
   * model's instances.
   */
  intraOpThreads?: number;
  /** Threads for torch.jit.fork inside a model. Default 1. */
  interOpThreads?: number;
}

/** The addon, started in this environment (the main thread or a worker). */
export interface Engine {
  readonly addon: Addon;
  readonly dispatcher: Dispatcher;
  readonly native: LoadedNative;
  /** In force in the whole process, whatever was configured here. */
  readonly threads: { readonly intraOp: number; readonly interOp: number };
}

let wanted: ThreadSettings = {};
let engine: Engine | undefined;
let starting: Promise<Engine> | undefined;
/** What ONNX models were loaded with; LibTorch, should it come later, takes the same. */
let fixedIntraOp: number | undefined;

/** @throws ERR_ALREADY_INITIALIZED once an engine is loaded */
export function configureThreads(settings: ThreadSettings): void {
  if (engine ?? starting ?? fixedIntraOp) {
    throw torchError('ERR_ALREADY_INITIALIZED', 'Expected runtime.configure() before the first model is loaded');
  }
  wanted = { ...wanted, ...settings };
}

/** Loads LibTorch off the event loop, once. `instances` shares out the default thread count. */
export function startEngine(instances = 1): Promise<Engine> {
  if (engine) return Promise.resolve(engine);
  const intraOpThreads = intraOpThreadsFor(instances);
  starting ??= loadNative({ intraOpThreads })
    .then((native) => (engine ??= initialise(native, intraOpThreads)))
    .catch((error: unknown) => {
      starting = undefined; // a missing LibTorch may be put there and tried again
      throw error;
    });
  return starting;
}

/** Intra-op threads of an engine that does without LibTorch; from here on they are the process's, as after startEngine. */
export function fixIntraOpThreads(instances: number): number {
  return (fixedIntraOp ??= engine?.threads.intraOp ?? intraOpThreadsFor(instances));
}

/** The engine, if anything has started it. */
export function startedEngine(): Engine | undefined {
  return engine;
}

/** As startEngine, holding the event loop for as long as loading the libraries takes (about 0.3 s, once). */
export function startEngineSync(): Engine {
  const intraOpThreads = intraOpThreadsFor(1);
  return (engine ??= initialise(loadNativeSync({ intraOpThreads }), intraOpThreads));
}

function intraOpThreadsFor(instances: number): number {
  return fixedIntraOp ?? wanted.intraOpThreads ?? threadsOfEnvironment() ?? defaultIntraOpThreads(instances);
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
    addon.initialise(dispatcher.onSettled, intraOpThreads, wanted.interOpThreads ?? 1),
  ) as Engine['threads'];
  // Node runs no clean-up hooks on process.exit() in the main thread; without this LibTorch's static objects would be
  // destroyed under a run that is still going.
  process.on('exit', () => {
    addon.shutdown();
  });
  return { addon, dispatcher, native, threads };
}
