import { Manager } from '../../server/management/manager.js';
import { refreshModels } from '../../server/management/refresh.js';
import { ServeCatalog } from '../serve-catalog.js';
import { nameOf } from '../serve-targets.js';
import { ClusterFleet, membersOf } from './fleet.js';
import { sayError, send } from './messages.js';
/** The models of all workers, in the primary process: what they have, and who changes it. */
export class ClusterModels {
    fleet;
    management;
    defaultModel;
    #logger;
    constructor(fleet, catalog, defaultModel, logger) {
        this.fleet = fleet;
        this.defaultModel = defaultModel;
        this.#logger = logger;
        this.management = new Manager({ fleet, catalog, logger });
    }
    /** Reads which models are asked for. What is wrong with them the first worker says. */
    static async read({ models, settings, read }, logger) {
        const catalog = new ServeCatalog({ models, settings }, read);
        const given = await catalog.given();
        const members = given.flatMap(({ spec }) => membersOf(spec, 0));
        return new ClusterModels(new ClusterFleet(members, logger), catalog, nameOf(models[0]), logger);
    }
    onMessage(worker, message) {
        this.fleet.onMessage(worker, message);
        if (message.kind === 'ask')
            void this.#make(worker, message);
    }
    onExit(worker) {
        this.fleet.onExit(worker);
    }
    /** Makes a worker that has come up like the others. @throws why it cannot be */
    admit(worker) {
        return this.fleet.admit(worker);
    }
    refresh() {
        void refreshModels(this.management, this.#logger);
    }
    close() {
        return this.management.close();
    }
    /** A change that a client of a worker has asked for. */
    async #make(worker, { question, action, name, version }) {
        try {
            await this.management[action](name, { version });
            send(worker, { kind: 'answer', question });
        }
        catch (error) {
            send(worker, { kind: 'answer', question, error: sayError(error) });
        }
    }
}
