import { torchError } from '../../errors.js';
import { noSuchModel } from '../../server/management/catalog.js';
/** What the admin port of a primary process knows of its workers, as a host that answers no calls itself. */
export class ClusterHost {
    defaultModel;
    #fleet;
    #isEnding;
    constructor(fleet, defaultModel, isEnding) {
        this.#fleet = fleet;
        this.defaultModel = defaultModel;
        this.#isEnding = isEnding;
    }
    get state() {
        if (this.#isEnding())
            return 'draining';
        return this.#fleet.isUp ? 'ready' : 'loading';
    }
    index() {
        return this.#fleet.latest().map(({ name, version, state, reason }) => ({ name, version, state, reason }));
    }
    failed() {
        return this.#fleet.failed;
    }
    /** They are in the workers. */
    list() {
        return [];
    }
    /** Whether it is up, and on what: enough for probes. It answers no calls: those come over the port of inference. */
    model(name = this.defaultModel, version) {
        const known = this.#fleet
            .latest()
            .filter((each) => each.name === name && (version ?? each.version) === each.version);
        const up = known.find(({ state }) => state === 'READY');
        if (up) {
            const { device = '' } = up;
            const facts = { name, version: up.version, model: { info: { device: { device } } } };
            return facts;
        }
        if (known.length > 0)
            throw torchError('ERR_NOT_READY', `${name} is not loaded`);
        throw noSuchModel(name);
    }
    /** A worker that has lost its device ends and is replaced. */
    deviceFailures() {
        return [];
    }
    parseNumbers() {
        return 0;
    }
    on() {
        return this;
    }
    off() {
        return this;
    }
}
