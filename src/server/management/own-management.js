import { HostCatalog } from './host-catalog.js';
import { HostFleet } from './host-fleet.js';
import { Manager } from './manager.js';
/** Management of a program's own host. Undefined where the host is none that models can be changed of. */
export function ownManagement(host, logger) {
    const managed = host;
    if (typeof managed.load !== 'function' || typeof managed.unload !== 'function')
        return undefined;
    return new Manager({ fleet: new HostFleet(managed), catalog: new HostCatalog(), logger });
}
