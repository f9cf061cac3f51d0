import type { HostModel } from '../../serving/index.js';
import type { Catalog, CatalogEntry } from './catalog.js';

/** What a program's own host may load: what it was opened with, and what its registry holds. The host itself knows both. */
export class HostCatalog implements Catalog<HostModel> {
  /** Nobody else's list says what the host should have. */
  given(): Promise<readonly CatalogEntry<HostModel>[]> {
    return Promise.resolve([]);
  }

  find(name: string, version?: string): Promise<readonly CatalogEntry<HostModel>[]> {
    const versions = version === undefined ? [] : [version];
    const spec = { name, ...(version !== undefined && { versions }) };
    return Promise.resolve([{ name, versions, spec, options: '' }]);
  }
}
