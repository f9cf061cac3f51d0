/** Starts the addon, and LibTorch with it, in this environment (the main thread or a worker). Once. */

import type { Addon } from '../../addon/addon.js';
import { codedAddon, Dispatcher } from '../../addon/dispatcher.js';
import type { LoadedNative } from '../../libtorch/load.js';
import { fixIntraOpThreads, interOpThreads, releaseThreads, settleIntraOpThreads } from '../../model/threads.js';
import { fromWire } from './wire.js';

/** What runs models over LibTorch in this environment. */
export interface StartedAddon {
  readonly addon: Addon;
  readonly dispatcher: Dispatcher;
  readonly native: LoadedNative;
  /** In force in the whole process, whatever was configured here. */
  readonly threads: { readonly intraOp: number; readonly interOp: number };
}

/** Of runtime.manualSeed, for when the addon starts. */
let earlySeed: bigint | undefined;
let started: StartedAddon | undefined;
let starting: Promise<StartedAddon> | undefined;

/** Loads LibTorch off the event loop and starts the addon, once. The default thread count is divided by `instances`. */
export function startAddon(instances = 1): Promise<StartedAddon> {
  if (started) return Promise.resolve(started);
  if (starting) return starting;
  const intraOpThreads = fixIntraOpThreads(instances);
  // Imported late: a program that runs no model needs nothing of the search for LibTorch.
  return (starting = import('../../libtorch/load.js')
    .then(({ loadNative }) => loadNative({ intraOpThreads }))
    .then((native) => initialise(native, intraOpThreads))
    .then(async (addon) => {
      if (earlySeed !== undefined) await seed(addon, earlySeed);
      return (started ??= addon);
    })
    .catch((error: unknown) => {
      starting = undefined; // a missing LibTorch may be installed meanwhile and tried again
      releaseThreads();
      throw error;
    }));
}

/** Begins to start the addon, for who will need it: a start that fails is tried again by who does. Resolves once LibTorch is being opened. */
export async function startAhead(): Promise<void> {
  startAddon().catch(() => undefined);
  await import('../../libtorch/load.js');
}

/** Resolves when no start is under way, however it ended. */
export async function startSettled(): Promise<void> {
  await starting?.catch(() => undefined);
}

/** Seeds the random numbers of every model in this process; where nothing has started the addon yet, when it is. */
export async function seedGenerators(value: bigint): Promise<void> {
  if (starting) await seed(await starting, value);
  else earlySeed = value;
}

async function seed({ addon, dispatcher }: StartedAddon, value: bigint): Promise<void> {
  await dispatcher.start((id) => {
    addon.manualSeed(id, value);
  });
}

/** The started addon; undefined if nothing has started it yet. */
export function startedAddon(): StartedAddon | undefined {
  return started;
}

/** `LibTorch 2.15.0`, which is loaded if nothing has. */
export async function libtorchInUse(): Promise<string> {
  return `LibTorch ${(await startAddon()).native.libtorch.version}`;
}

/** Where it is kept: on the addon, which Node loads once in an environment, even if this module is loaded several times. */
const startedKey = Symbol.for('node-libtorch.started-addon');

function initialise(native: LoadedNative, intraOpThreads: number): StartedAddon {
  const holder = native.addon as Addon & { [startedKey]?: StartedAddon };
  return (holder[startedKey] ??= start(native, intraOpThreads));
}

function start(native: LoadedNative, intraOpThreads: number): StartedAddon {
  const addon = codedAddon(native.addon);
  const dispatcher = new Dispatcher(addon);
  const threads = fromWire(
    addon.initialise(dispatcher.onSettled, intraOpThreads, interOpThreads()),
  ) as StartedAddon['threads'];
  settleIntraOpThreads(threads.intraOp);
  // Node runs no clean-up hooks on process.exit() in the main thread; without this LibTorch's static objects would be
  // destroyed under a run that is still going.
  process.on('exit', () => {
    addon.shutdown();
  });
  return { addon, dispatcher, native, threads };
}
