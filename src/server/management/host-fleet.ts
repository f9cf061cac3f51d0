import type {
  CanaryReport,
  CanarySettings,
  HostChange,
  HostLoadOptions,
  HostModel,
  ModelHost,
  ServedModel,
} from '../../serving/index.js';
import { aliasNames } from '../../registry/aliases.js';
import { noCanary } from '../../serving/canary/errors.js';
import { keyOf } from '../../serving/names.js';
import type { Aliases } from './catalog.js';
import type { Departure, Fleet } from './fleet.js';
import type { ManagedModel, StatisticsSummary } from './management.js';

/** What management needs of a ModelHost. */
export type ManagedHost = Pick<ModelHost, Used>;
type Used =
  | 'list'
  | 'index'
  | 'load'
  | 'unload'
  | 'aliases'
  | 'setAliases'
  | 'clearQuarantine'
  | 'canary'
  | 'canaries'
  | 'setCanary'
  | 'promoteCanary'
  | 'registry'
  | 'defaultModel'
  | 'on'
  | 'off';

/** The models of the host of this process. */
export class HostFleet implements Fleet<HostModel> {
  readonly #host: ManagedHost;

  constructor(host: ManagedHost) {
    this.#host = host;
  }

  list(): Promise<readonly ManagedModel[]> {
    return Promise.resolve(describeHost(this.#host));
  }

  load(model: HostModel, signal: AbortSignal, beforeSwap?: () => Promise<void>): Promise<void> {
    return swapped((options) => this.#host.load(model, options), signal, beforeSwap);
  }

  aliases(name: string): Promise<Aliases> {
    return Promise.resolve(this.#host.aliases(name));
  }

  setAliases(name: string, aliases: Aliases, signal: AbortSignal, beforeSwap?: () => Promise<void>): Promise<void> {
    return swapped((options) => this.#host.setAliases(name, aliases, options), signal, beforeSwap);
  }

  async clear(name: string, version: string | undefined): Promise<void> {
    await this.#host.clearQuarantine(name, version);
  }

  canary(name: string): Promise<CanaryReport | undefined> {
    return Promise.resolve(this.#host.canary(name));
  }

  async setCanary(name: string, settings: CanarySettings | undefined, isLoadedForIt = false): Promise<void> {
    await this.#host.setCanary(name, settings);
    if (settings && isLoadedForIt) this.#host.canaries?.loadedFor(name, settings.version);
  }

  holdCanary(name: string, version: string): () => void {
    const { canaries } = this.#host;
    if (!canaries) throw noCanary(name);
    return canaries.hold(name, version);
  }

  promote(name: string): Promise<void> {
    return this.#host.promoteCanary(name);
  }

  unload(name: string, version: string): Promise<Departure> {
    return new Promise((resolve, reject) => {
      const onChange = (event: HostChange): void => {
        if (event.change === 'unloaded' && event.model === name && event.version === version) resolve({ drained });
      };
      this.#host.on('change', onChange);
      const drained = this.#host.unload(name, version).finally(() => this.#host.off('change', onChange));
      // Where it was not up there is no such event.
      drained.then(() => resolve({ drained }), reject);
    });
  }
}

/** Makes a change of a host. Resolves once it has swapped: the end of what was replaced may take longer. */
function swapped(
  change: (options: HostLoadOptions) => Promise<unknown>,
  signal: AbortSignal,
  beforeSwap: (() => Promise<void>) | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const options: HostLoadOptions = {
      signal,
      async beforeSwap() {
        await beforeSwap?.();
        // The swap comes before the next turn of the event loop.
        setImmediate(resolve);
      },
    };
    change(options).then(() => resolve(), reject);
  });
}

/** Every version that a host knows, with what is known of those that are up. */
export function describeHost(host: Pick<ManagedHost, 'list' | 'index' | 'aliases'>): readonly ManagedModel[] {
  const up = new Map(host.list().map((served) => [keyOf(served), served]));
  const defaults = new Set<string>();
  return host.index().map((known) => {
    const served = up.get(keyOf(known));
    const aliases = aliasNames(host.aliases(known.name), known.version);
    const entry = aliases.length > 0 ? { ...known, aliases } : known;
    if (!served) return entry;
    const isDefault = !defaults.has(entry.name);
    defaults.add(entry.name);
    return { ...entry, isDefault, ...factsOf(served) };
  });
}

function factsOf(served: ServedModel): Partial<ManagedModel> {
  const { engine, device, instances, sha256 } = served.model.info;
  return { engine, device: device.device, instances, digest: sha256, statistics: summaryOf(served) };
}

function summaryOf(served: ServedModel): StatisticsSummary {
  const { inference_stats, inference_count, execution_count, last_inference } = served.statistics();
  return {
    success: inference_stats.success.count,
    fail: inference_stats.fail.count,
    rows: inference_count,
    runs: execution_count,
    lastInference: last_inference,
  };
}
