import { torchError } from '../../errors.js';
import type { InferenceHost } from '../../server/host.js';
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

  model(): never {
    throw torchError('ERR_NOT_READY', 'Expected a request over the port of inference: models answer there');
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
