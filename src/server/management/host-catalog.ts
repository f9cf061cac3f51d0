import type { HostModel } from '../../serving/index.js';
import type { AliasBook, Aliases, Catalog, CatalogEntry } from './catalog.js';

/** What a program's own host may load: what it was opened with, and what its registry holds. The host itself knows both. */
export class HostCatalog implements Catalog<HostModel> {
  readonly aliases: AliasBook | undefined;

  constructor(aliases?: AliasBook) {
    this.aliases = aliases;
  }

  /** Nobody else's list says what the host should have. */
  given(): Promise<readonly CatalogEntry<HostModel>[]> {
    return Promise.resolve([]);
  }

  find(name: string, reference?: string, aliases?: Aliases): Promise<readonly CatalogEntry<HostModel>[]> {
    const versions = reference === undefined ? [] : [aliases?.get(reference) ?? reference];
    const spec = {
      name,
      ...(reference !== undefined && { versions: [reference] }),
      ...(aliases && { aliases: Object.fromEntries(aliases) }),
    };
    return Promise.resolve([{ name, versions, spec, options: '' }]);
  }
}
