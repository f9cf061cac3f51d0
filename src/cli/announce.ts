import { runtime } from '../engines/runtime.js';
import type { WarmupReport } from '../model/model.js';
import type { InferenceServer, Logger } from '../server/index.js';
import type { ModelHost, ServedModel } from '../serving/index.js';

/** What is served where, and on what: the device and the threads that were chosen. */
export async function announce(
  server: InferenceServer,
  host: ModelHost,
  logger: Logger,
  onTerminal: boolean,
): Promise<void> {
  const { threads, libtorch } = await runtime.info();
  for (const served of host.list()) {
    const { name, version, model, queue } = served;
    const { device, instances, sha256, warnings } = model.info;
    const facts = {
      model: name,
      version,
      device: device.device,
      instances,
      threads,
      libtorch: libtorch.version,
      sha256,
      maxBatchSize: queue?.options.maxBatchSize ?? 1,
    };
    logger.info({ ...facts, url: server.url, reason: device.reason, warmup: warmupFacts(model.warmupReport) }, 'ready');
    const notBatched = unsaidReason(served);
    if (notBatched !== undefined) logger.warn({ model: name, version }, `requests are not batched: ${notBatched}`);
    for (const warning of [...libtorch.warnings, ...warnings]) logger.warn({ model: name, version }, warning);
    if (!onTerminal) continue;
    process.stdout.write(
      `${name} ${version} at ${server.url} on ${device.device} (LibTorch ${libtorch.version}, ` +
        `${instances} × ${threads.intraOp} threads)\n`,
    );
  }
}

/** Why it is not batched, unless a warning of its load has said so. */
function unsaidReason({ notBatched, warnings }: ServedModel): string | undefined {
  return warnings.some((warning) => warning.includes('not batched')) ? undefined : notBatched;
}

/** Sizes as text: a list of numbers is withheld from the log, as inputs are. */
function warmupFacts(report: WarmupReport | undefined): object | undefined {
  return report && { ...report, batchSizes: report.batchSizes.join(',') };
}
