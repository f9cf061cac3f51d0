/** What the metrics of a server are read from. */
import { totalmem } from 'node:os';
import { arch, platform } from 'node:process';
import { startedAddon } from '../engines/runtime.js';
import { ownManifest } from '../files/package-root.js';
import type { Batchable } from '../model/batchable.js';
import type { MetricSources, ModelSample, QueueSample, UpSample } from '../monitoring/gauges-sources.js';
import type { ServedModel } from '../serving/index.js';
import type { InferenceHost } from './host.js';
import { isReady, type Serving } from './readiness.js';
import { stuckModels } from './stuck.js';

/** All that a host and the server in front of it can tell. */
export function sourcesOf(serving: Serving): MetricSources {
  const { host, lifecycle } = serving;
  const { version } = ownManifest();
  return {
    build: () => ({
      version,
      node: process.versions.node,
      libtorch: startedAddon()?.native.libtorch.version ?? '',
      platform: `${platform}-${arch}`,
    }),
    inFlight: () => lifecycle.inFlight,
    memoryLimit,
    models: () => [...servedOf(serving), ...failedOf(host)],
    quarantine: () => host.quarantine?.() ?? [],
    canaryShares: () =>
      (host.canaries?.reports() ?? []).map(({ model, version, share: value }) => ({
        value,
        labels: { model, version },
      })),
    canaryRequests: () => host.canaries?.tallies.requests.samples() ?? [],
    canaryRollbacks: () => host.canaries?.tallies.rollbacks.samples() ?? [],
    // Over the workers of a cluster the greatest counts: what the primary process says, which knows all of them.
    workers: () => ({ running: 1, restarts: 0 }),
  };
}

/** A control group without a limit says more than there is. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function servedOf(serving: Serving): ModelSample[] {
  const stuck = new Set(
    stuckModels(serving.host, serving.stuckAfterMs).map(({ model, version }) => JSON.stringify([model, version])),
  );
  return serving.host.list().map((served) => ({
    model: served.name,
    version: served.version,
    ready: isReady(serving, served),
    stuck: stuck.has(JSON.stringify([served.name, served.version])),
    up: upOf(served),
  }));
}

/** Those that were to be served: a version that the registry could not name has no place of its own. */
function failedOf(host: InferenceHost): ModelSample[] {
  const served = new Set(host.list().map(({ name, version }) => JSON.stringify([name, version])));
  return host.failed().flatMap(({ model, version }) => {
    if (version === '' || served.has(JSON.stringify([model, version]))) return [];
    return [{ model, version, ready: false, stuck: false }];
  });
}

function upOf(served: ServedModel): UpSample {
  const { model, record, queue, aliases, loadMs } = served;
  const { info } = model;
  const { busy } = model as Partial<Pick<Batchable, 'busy'>>;
  return {
    sha256: info.sha256,
    engine: info.engine,
    device: info.device.device,
    precision: info.precision,
    instances: info.instances,
    parameterBytes: info.parameterBytes,
    artifactBytes: info.artifactBytes,
    aliases,
    loadMs,
    testAccuracy: record?.metrics?.testAccuracy,
    targetP95Ms: queue?.options.targetP95Ms,
    queue: queue && queueOf(queue),
    busy: busy && { running: busy.running, oldestMs: busy.oldestMs },
    inline: served.inline,
  };
}

function queueOf(queue: NonNullable<ServedModel['queue']>): QueueSample {
  const { waitingRows, waitingRequests, waitingBytes, batchCapacity, fit } = queue.stats();
  return { waitingRows, waitingRequests, waitingBytes, maxRows: queue.options.maxQueueSize, batchCapacity, fit };
}
