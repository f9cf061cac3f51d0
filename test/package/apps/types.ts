// What users write, and what must not compile.
import { createServer as createHttpServer } from 'node:http';
import { BatchQueue, loadModel, ModelHost, ModelRegistry, runtime, Tensor, TorchError } from 'node-libtorch';
import type { Model, ModelRecord, RunOptions, RuntimeInfo, Signature, TrainingStatistics, Value } from 'node-libtorch';
import { referenceOf } from 'node-libtorch';
import { InferenceClient, InferenceConnectionError, type InferResult } from 'node-libtorch/client';
import { DriftMonitor, verdictOf, type Verdict } from 'node-libtorch/monitoring';
import { createApp, createServer, type MonitoringOptions } from 'node-libtorch/server';
import { softmax, topK } from 'node-libtorch/tasks';

const signature: Signature = {
  inputs: [{ name: 'rows', dtype: 'float32', shape: [null, 4] }],
  outputs: [{ name: 'scores', dtype: 'float32', shape: [null, 3] }],
};
/** As `node-libtorch types` writes it. */
type Methods = {
  readonly forward: {
    readonly inputs: { readonly input: Tensor<'float32'> };
    readonly named: { readonly logits: Tensor<'float32'> };
  };
};
const options: RunOptions = { timeoutMs: 100, signal: AbortSignal.timeout(1000) };

export async function main(path: string): Promise<void> {
  await using model: Model = await loadModel(path, { device: 'cpu', precision: 'fp32', signature });
  const output = await model.run(Tensor.from([[1, 2, 3, 4]]), options);
  const data: Tensor['data'] = softmax(output).data;
  const values = await model.call<[Tensor, Value]>('forward', [output]);
  values[0].shape.map((size) => size + 1);
  await using queue = new BatchQueue(model, { maxBatchSize: 8 });
  topK(await queue.run(output), 2);
  const registry = await ModelRegistry.open();
  const record: ModelRecord = await registry.resolve('mnist-mlp');
  const counted: TrainingStatistics | undefined = record.trainingStatistics;
  const monitor = new DriftMonitor(referenceOf(record), { level: 0.001 });
  monitor.observe(output, output).toFixed();
  const watched: MonitoringOptions = { driftPreset: 'exact', driftWindowRows: counted?.rows ?? 500 };
  const host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
  createHttpServer(createApp({ host, logger: false, ...watched }));
  const server = await createServer({ host, port: 0 });
  const client = new InferenceClient(server.url, { retries: 1 });
  const result: InferResult = await client.model('mnist-mlp').infer({ input: output }, { timeoutMs: 100 });
  result.tensor('logits').shape.map((size) => size + 1);
  const digits = client.model<Methods>('mnist-mlp');
  const logits: Float32Array = (await digits.infer({ input: new Float32Array(784) })).outputs.logits.data;
  client.close();
  await server.close();
  const verdict: Verdict = await verdictOf({ rows: 0, features: [] }, { rows: 0, features: [] }, { level: 0.01 });
  console.log(verdict.level, verdict.features.length);
  const error: unknown = logits.length > 10 ? logits : data;
  if (error instanceof InferenceConnectionError) console.log(error.operation, error.attempts, error.status);
  if (error instanceof TorchError) {
    const info: RuntimeInfo = await runtime.info();
    console.log(error.code, info.cores, record.metrics?.testAccuracy, record.framework?.torch);
  }

  // @ts-expect-error a model has a path, which is text
  await loadModel(1);
  // @ts-expect-error no such precision
  await loadModel(path, { precision: 'fp8' });
  // @ts-expect-error an option that there is not
  new BatchQueue(model, { maxBatch: 8 });
  // @ts-expect-error a retry that is no number
  new InferenceClient('http://127.0.0.1', { retries: 'many' });
  // @ts-expect-error no such input of this model
  await digits.infer({ image: output });
  // @ts-expect-error no such preset
  await verdictOf({ rows: 0, features: [] }, { rows: 0, features: [] }, { preset: 'best' });
  // @ts-expect-error int4 is no dtype
  Tensor.from([1], 'int4');
}
