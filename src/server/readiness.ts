/** Whether requests are taken, those that are in flight, and the devices that were lost for them. */
import { torchError, type TorchError } from '../errors.js';
import type { Logger } from '../monitoring/logging.js';
import type { RunEvent, ServedModel } from '../serving/index.js';
import type { InferenceHost } from './host.js';
import { unfitness } from './inference/model-interface.js';
import type { Readiness } from './schemas/health.js';
import { describeStuck, stuckModels } from './stuck.js';

/** Whether a server is about to end, and the requests it has begun and not yet answered. */
export class Lifecycle {
  readonly #of: Lifecycle | undefined;
  #leaving = false;
  #inFlight = 0;
  #idleWaiters: (() => void)[] = [];

  /** @param of a listener of the same server: when it is leaving, so is this one; its requests are counted apart */
  constructor(of?: Lifecycle) {
    this.#of = of;
  }

  /** Not ready any more; what still arrives is served, and told to close its connection. */
  get leaving(): boolean {
    return this.#leaving || this.#of?.leaving === true;
  }

  set leaving(value: boolean) {
    this.#leaving = value;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  enter(): void {
    this.#inFlight++;
  }

  leave(): void {
    if (--this.#inFlight > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Resolves once no request is in flight. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }
}

/** The host and the server in front of it. */
export interface Serving {
  readonly host: InferenceHost;
  readonly lifecycle: Lifecycle;
  readonly stuckAfterMs: number;
}

/**
 * What `/health/ready` says. A server that is leaving is not ready, though it still serves what arrives. A server that could
 * not load some of its models is ready for the rest, and names those; where none could be loaded it is not ready.
 */
export function readiness({ host, lifecycle, stuckAfterMs }: Serving): Readiness {
  const index = host.index();
  const models = index.filter(({ state }) => state === 'READY').map(({ name, version }) => ({ name, version }));
  const failed = host.failed().map(({ model, version, code }) => ({ name: model, version, code }));
  if (lifecycle.leaving) return { status: 'draining', models };
  if (host.state !== 'ready') return { status: host.state, models };
  const lost = host.deviceFailures().map(({ device }) => `device ${device} was lost`);
  if (lost.length > 0) return { status: 'failed', reason: lost.join('; '), models };
  const stuck = stuckModels(host, stuckAfterMs).map(describeStuck);
  if (stuck.length > 0) return { status: 'stuck', reason: stuck.join('; '), models };
  if (failed.length === 0) return { status: 'ready', models };
  if (models.length > 0) return { status: 'ready', models, failed };
  return { status: 'failed', reason: 'no model could be loaded', models, failed };
}

/** Whether calls of a model would be answered now: what every protocol says of one model. */
export function isReady(serving: Serving, served: ServedModel): boolean {
  return faultOf(serving, served) === undefined;
}

/** The same. @throws ERR_DRAINING, ERR_NOT_READY (also for a stuck model), ERR_DEVICE_FAILED, ERR_INVALID_ARGUMENT (no `forward`) */
export function requireReady(serving: Serving, served: ServedModel): void {
  const fault = faultOf(serving, served);
  if (fault) throw fault;
}

function faultOf({ host, lifecycle, stuckAfterMs }: Serving, served: ServedModel): TorchError | undefined {
  const { name, version, model } = served;
  const notServing = lifecycle.leaving ? leaving() : notServingOf(host);
  if (notServing) return notServing;
  const unfit = unfitness(served);
  // Nobody need come back: it never will be.
  if (unfit !== undefined) return torchError('ERR_INVALID_ARGUMENT', unfit);
  const { device } = model.info.device;
  if (host.deviceFailures().some((failure) => failure.device === device)) {
    return torchError('ERR_DEVICE_FAILED', `The device of ${name} ${version} was lost`);
  }
  const stuck = stuckModels(host, stuckAfterMs).find((each) => each.model === name && each.version === version);
  return stuck && torchError('ERR_NOT_READY', describeStuck(stuck));
}

/** Asks before the body is read. @throws ERR_DRAINING, ERR_NOT_READY, as the host would */
export function requireServing({ host }: Pick<Serving, 'host'>): void {
  const fault = notServingOf(host);
  if (fault) throw fault;
}

function notServingOf({ state }: InferenceHost): TorchError | undefined {
  if (state === 'draining' || state === 'closed') return leaving();
  return state === 'ready' ? undefined : torchError('ERR_NOT_READY', 'The model is still loading');
}

function leaving(): TorchError {
  return torchError('ERR_DRAINING', 'The server is shutting down');
}

/** A request that asks for room. */
interface Asking {
  readonly client: string | undefined;
  /** Milliseconds to its deadline. */
  timeLeft(): number;
}

/**
 * Asks before the body is read, which may name any of these models.
 * @throws ERR_QUEUE_FULL when none would take another row, ERR_TIMEOUT when none would answer it before its deadline
 */
export function requireRoom(models: readonly ServedModel[], call: Asking): void {
  if (models.length === 0) return;
  const { client } = call;
  const timeLeft = call.timeLeft();
  let isFull = false;
  for (const { queue } of models) {
    if (!queue) return;
    if (queue.isFullFor(client)) isFull = true;
    else if (!queue.isLateFor(timeLeft)) return;
  }
  throw refusalOf(models, isFull ? queueFull : late);
}

/**
 * The same of one model.
 * @param priority that the request may have. Default: that of its queue
 */
export function requireRoomFor(served: ServedModel, call: Asking, priority?: number): void {
  const { queue } = served;
  if (!queue) return;
  if (queue.isFullFor(call.client)) throw refusalOf([served], queueFull);
  if (queue.isLateFor(call.timeLeft(), priority)) throw refusalOf([served], late);
}

/** Made once: there may be very many of these, nobody reads their stack, and it takes as long as all the rest. */
const queueFull = torchError('ERR_QUEUE_FULL', 'The queue of waiting requests is full');
const late = torchError('ERR_TIMEOUT', 'What waits already takes longer than the time that the request has');

function refusalOf(models: readonly ServedModel[], error: TorchError): TorchError {
  if (models.length === 1) models[0]?.refused(error.code);
  return error;
}

/** Reports each lost device of a host once: only a restart of the process brings it back. */
export function reportLostDevices(host: InferenceHost, logger: Logger, onFailure?: () => void): () => void {
  const known = new Set<string>();
  const onRun = ({ outcome }: RunEvent): void => {
    if (outcome !== 'ERR_DEVICE_FAILED') return;
    for (const { device, reason } of host.deviceFailures()) {
      if (known.has(device)) continue;
      known.add(device);
      logger.fatal({ device, reason }, 'device failed: its models answer 503 until this process is restarted');
      onFailure?.();
    }
  };
  host.on('run', onRun);
  return () => {
    host.off('run', onRun);
  };
}
