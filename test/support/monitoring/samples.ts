import type { ModelSample, QueueSample } from '#dist/monitoring/gauges-sources.js';

/** A version that is up, as a server's metrics read it. */
export function modelSample(queue: Partial<QueueSample> = {}, model = 'm'): ModelSample {
  return {
    model,
    version: 'v1.0',
    ready: true,
    stuck: false,
    up: {
      sha256: 'a'.repeat(64),
      engine: 'torchscript',
      device: 'cpu',
      precision: 'auto',
      instances: 1,
      parameterBytes: 1000,
      artifactBytes: 2000,
      aliases: ['production'],
      loadMs: 1500,
      testAccuracy: 0.98,
      targetP95Ms: 50,
      queue: {
        ...{ waitingRows: 0, waitingRequests: 0, waitingBytes: 0, maxRows: 1024, batchCapacity: 32 },
        fit: { a: 1, b: 2 },
        ...queue,
      },
      busy: { running: 1, oldestMs: 250 },
      inline: { runs: 3, slow: 1 },
    },
  };
}
