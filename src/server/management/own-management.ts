import type { Logger } from '../../monitoring/logging.js';
import type { InferenceHost } from '../host.js';
import { HostCatalog } from './host-catalog.js';
import { HostFleet, type ManagedHost } from './host-fleet.js';
import type { Management } from './management.js';
import { Manager } from './manager.js';
import { RegistryAliases } from './registry-aliases.js';

/** Management of a program's own host. Undefined where the host is none that models can be changed of. */
export function ownManagement(host: InferenceHost, logger: Logger): Management | undefined {
  const managed = host as InferenceHost & Partial<ManagedHost>;
  if (typeof managed.load !== 'function' || typeof managed.unload !== 'function') return undefined;
  const { registry } = managed;
  const aliases = registry && new RegistryAliases(() => registry.call(managed));
  return new Manager({ fleet: new HostFleet(managed as ManagedHost), catalog: new HostCatalog(aliases), logger });
}
