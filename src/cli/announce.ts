import { runtime } from '../engines/runtime.js';
import type { WarmupReport } from '../model/model.js';
import type { InferenceServer, Logger } from '../server/index.js';
import type { ModelHost, ServedModel } from '../serving/index.js';
import { inOneLine, printLines } from './report.js';

/** What is served where, and on what: the device and the threads that were chosen; and what is not served, and why. */
export async function announce(
  server: InferenceServer,
  host: ModelHost,
  logger: Logger,
  onTerminal: boolean,
): Promise<void> {
  // Models of other engines are served without LibTorch, too.
  const about = await runtime.info().catch(() => undefined);
  const models = host.list();
  const say = (line: string): void => {
    if (onTerminal) printLines([line]);
  };
  for (const served of models) {
    const { name, version, model, queue } = served;
    const { device, instances, sha256, warnings } = model.info;
    const modelUrl = urlOf(server, served);
    const facts = {
      model: name,
      version,
      device: device.device,
      instances,
      threads: about?.threads,
      libtorch: about?.libtorch.version,
      sha256,
      maxBatchSize: queue?.options.maxBatchSize ?? 1,
    };
    logger.info(
      { ...facts, url: server.url, modelUrl, reason: device.reason, warmup: warmupFacts(model.warmupReport) },
      'ready',
    );
    const notBatched = unsaidReason(served);
    if (notBatched !== undefined) logger.warn({ model: name, version }, `requests are not batched: ${notBatched}`);
    for (const warning of warnings) logger.warn({ model: name, version }, warning);
    const threads = about
      ? ` (LibTorch ${about.libtorch.version}, ${instances} × ${about.threads.intraOp} threads)`
      : '';
    say(`${name} ${version} at ${models.length === 1 ? server.url : modelUrl} on ${device.device}${threads}`);
  }
  for (const warning of about?.libtorch.warnings ?? []) logger.warn(warning);
  for (const { model, version, code, message, error } of host.failed()) {
    logger.error({ model, version, code, err: error }, 'model is not served');
    say(`${[model, version].join(' ').trim()} is not served: [${code}] ${inOneLine(message)}`);
  }
}

function urlOf({ url }: InferenceServer, { name, version }: ServedModel): string {
  return `${url}/v2/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
}

/** Why it is not batched, unless a warning of its load has said so. */
function unsaidReason({ notBatched, warnings }: ServedModel): string | undefined {
  return warnings.some((warning) => warning.includes('not batched')) ? undefined : notBatched;
}

/** Sizes as text: a list of numbers is withheld from the log, as inputs are. */
function warmupFacts(report: WarmupReport | undefined): object | undefined {
  return report && { ...report, batchSizes: report.batchSizes.join(',') };
}
