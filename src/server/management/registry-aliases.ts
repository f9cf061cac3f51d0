import { TorchError, torchError } from '../../errors.js';
import type { ModelRecord, ModelRegistry } from '../../registry/index.js';
import type { AliasBook, Aliases } from './catalog.js';

/** The aliases of a registry, which is opened anew each time: its folder may have gone, and come back. */
export class RegistryAliases implements AliasBook {
  readonly #open: () => Promise<ModelRegistry>;

  constructor(open: () => Promise<ModelRegistry>) {
    this.#open = open;
  }

  async of(name: string): Promise<Aliases> {
    return (await this.#opened()).aliases(name);
  }

  async record(name: string, version: string): Promise<ModelRecord> {
    return (await this.#opened()).record(name, version);
  }

  async versionOf(name: string, reference: string): Promise<string> {
    return (await (await this.#opened()).resolve(name, reference)).version;
  }

  async set(name: string, alias: string, version: string | undefined, signal?: AbortSignal): Promise<void> {
    await (await this.#opened()).setAlias(name, alias, version, { signal });
  }

  /** A folder that has gone is the server's fault, not its settings': they were right when it began. */
  async #opened(): Promise<ModelRegistry> {
    try {
      return await this.#open();
    } catch (cause) {
      if (!(cause instanceof TorchError) || cause.code !== 'ERR_CONFIG') throw cause;
      throw torchError('ERR_STORAGE', `Expected the folders of the registry to be there: ${cause.message}`, { cause });
    }
  }
}
