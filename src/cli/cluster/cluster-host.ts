import { torchError } from '../../errors.js';
import type { InferenceHost } from '../../server/host.js';
import { versionMeant } from '../../server/management/version-meant.js';
import { noSuchModel } from '../../serving/names.js';
import type { ServedModel } from '../../serving/index.js';
import type { ClusterFleet } from './fleet.js';

/** What the admin port of a primary process knows of its workers, as a host that answers no calls itself. */
export class ClusterHost implements InferenceHost {
  readonly defaultModel: string;
  readonly #fleet: ClusterFleet;
  readonly #isEnding: () => boolean;

  constructor(fleet: ClusterFleet, defaultModel: string, isEnding: () => boolean) {
    this.#fleet = fleet;
    this.defaultModel = defaultModel;
    this.#isEnding = isEnding;
  }

  get state(): InferenceHost['state'] {
    if (this.#isEnding()) return 'draining';
    return this.#fleet.isUp ? 'ready' : 'loading';
  }

  index(): ReturnType<InferenceHost['index']> {
    return this.#fleet.latest().map(({ name, version, state, reason }) => ({ name, version, state, reason }));
  }

  failed(): ReturnType<InferenceHost['failed']> {
    return this.#fleet.failed;
  }

  /** They are in the workers. */
  list(): [] {
    return [];
  }

  /** Whether it is up, and on what: enough for probes. It answers no calls: those come over the port of inference. */
  model(name = this.defaultModel, version?: string): ServedModel {
    const all = this.#fleet.latest().filter((each) => each.name === name);
    const meant = version === undefined ? undefined : (versionMeant(all, version) ?? version);
    const known = all.filter((each) => (meant ?? each.version) === each.version);
    const up = known.find(({ state }) => state === 'READY');
    if (up) {
      const { device = '' } = up;
      const facts: object = { name, version: up.version, model: { info: { device: { device } } } };
      return facts as ServedModel;
    }
    if (known.length > 0) throw torchError('ERR_NOT_READY', `${name} is not loaded`);
    throw noSuchModel(name, 'is served or in the registry');
  }

  /** A worker that has lost its device ends and is replaced. */
  deviceFailures(): [] {
    return [];
  }

  parseNumbers(): number {
    return 0;
  }

  on(): this {
    return this;
  }

  off(): this {
    return this;
  }
}
