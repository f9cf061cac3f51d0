import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { ModelHost, type HostFileModel, type Signature } from 'node-libtorch';
import { fixture } from '../paths.js';

interface Recorded {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly mean: number[][];
  readonly cls: number[][];
}

/** What PyTorch made of two texts. */
export const encoderAnswers = JSON.parse(readFileSync(fixture('tasks/encoder.json'), 'utf8')) as Recorded;

const spec = (name: string, dtype: 'int64' | 'float32', ...shape: (number | null)[]) => ({ name, dtype, shape });

const encoderSignature: Signature = {
  inputs: [spec('input_ids', 'int64', null, null), spec('attention_mask', 'int64', null, null)],
  outputs: [spec('tokens', 'float32', null, null, 4)],
};
const linearSignature: Signature = {
  inputs: [spec('x', 'float32', null, 4)],
  outputs: [spec('y', 'float32', null, 3)],
};

const labels = ['a', 'b', 'c'] as const;

/** Files without a record, with a task of each kind that has answers. */
export const taskModels: readonly (HostFileModel & { name: string })[] = [
  {
    name: 'pictures',
    file: fixture('tasks/pictures.pt'),
    task: { type: 'classification', labels: ['red', 'blue'], image: { size: 8 } },
  },
  {
    name: 'classes',
    file: fixture('torchscript/linear.pt'),
    load: { signature: linearSignature },
    task: { type: 'classification', labels },
  },
  {
    name: 'Several.labels',
    file: fixture('torchscript/linear.pt'),
    load: { signature: linearSignature },
    task: { type: 'multi-label', labels },
  },
  {
    name: 'texts',
    file: fixture('tasks/encoder.pt'),
    load: { signature: encoderSignature },
    task: { type: 'embedding' },
  },
  {
    name: 'first',
    file: fixture('tasks/encoder.pt'),
    load: { signature: encoderSignature },
    task: { type: 'embedding', pooling: 'cls', normalize: false },
  },
  {
    name: 'vectors',
    file: fixture('torchscript/linear.pt'),
    load: { signature: linearSignature },
    task: { type: 'embedding', pooling: 'none', normalize: false },
  },
  { name: 'bare', file: fixture('torchscript/linear.pt') },
];

/** The digit model by default, and those beside it. */
export function openTaskHost(): Promise<ModelHost> {
  const models = taskModels.map((model) => ({ ...model, warmup: false as const }));
  return ModelHost.open({ models: [{ name: 'mnist-mlp' }, ...models], warmupBatchSizes: [1] });
}

/** A picture of one colour. */
export async function picture(
  colour: 'red' | 'blue',
  format: 'png' | 'jpeg' | 'webp' | 'gif' | 'avif' = 'png',
  [width, height]: readonly [number, number] = [20, 10],
): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: colour } })
    .toFormat(format)
    .toBuffer();
}
