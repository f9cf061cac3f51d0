/** The process of an admission: loads one model, runs it, tells what showed, and waits for its end. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { engineTable, loadModel } from '../../engines/index.js';
import { sayError, TorchError } from '../../errors.js';
import { ownFile } from '../../files/bundled.js';
import type { Model } from '../../model/model.js';
import { wholeParts, withParts } from '../record/signature.js';
import { firstOutput } from '../../monitoring/drift/features.js';
import type { Arguments, Value } from '../../tensor/value.js';
import { measure } from './measure.js';
import type { LoadRequest, Request, Told } from './messages.js';
import { endOrphan } from './orphan.js';
import { fromWire, toWire } from './wire.js';

const scratch = dirname(process.cwd());
// Nobody waits for the answer any more.
process.once('disconnect', () => {
  endOrphan(scratch);
});
const [, , parent] = process.argv;
new Worker(ownFile('./orphan-worker.js', (import.meta as { readonly url?: string }).url), {
  workerData: { parent: Number(parent), scratch },
}).unref();

function tell(told: Told): void {
  process.send?.(told);
}

async function asked<K extends Request['kind']>(kind: K): Promise<Extract<Request, { kind: K }>> {
  for (;;) {
    const [request] = (await once(process, 'message')) as [Request];
    if (request.kind === kind) return request as Extract<Request, { kind: K }>;
  }
}

/** Loads it, once more where what was stated has to be put together with what the file says. */
async function load({ path, load: options, parts }: LoadRequest): Promise<{ model: Model; loadBytes: number }> {
  const whole = parts && wholeParts(parts);
  const before = process.memoryUsage.rss();
  const model = await loadModel(path, { ...options, ...(whole && { signature: whole }) });
  const loadBytes = Math.max(0, process.memoryUsage.rss() - before);
  if (!parts || whole) return { model, loadBytes };
  const signature = withParts(model.signature, parts);
  await model.dispose();
  return { model: await loadModel(path, { ...options, signature }), loadBytes };
}

async function serve(): Promise<void> {
  const request = await asked('load');
  tell({ kind: 'stage', stage: 'load' });
  const { engine } = request.load;
  // The library first, so that its memory is not taken for the model's.
  const runtime = await engineTable[engine].runtime();
  const { model, loadBytes } = await load(request);
  tell({ kind: 'loaded', loaded: { info: model.info, signature: model.signature, runtime, loadBytes } });
  const run = await asked('run');
  tell({ kind: 'stage', stage: 'run' });
  tell({ kind: 'report', report: await measure(model, run) });
  for (;;) {
    const { args, output } = await asked('answer');
    const value = await model.call('forward', fromWire(args) as Arguments);
    tell({ kind: 'answered', value: toWire(firstOutput(value, output) as Value) });
  }
}

// Where the system runs out of memory, this process goes first and no server.
await writeFile('/proc/self/oom_score_adj', '1000').catch(() => undefined);
await serve().catch((error: unknown) => {
  tell({ kind: 'failed', isOurs: error instanceof TorchError, error: sayError(error) });
});
