import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { ModelHost } from 'node-libtorch';
import { fixture } from '../paths.js';
/** What PyTorch made of two texts. */
export const encoderAnswers = JSON.parse(readFileSync(fixture('tasks/encoder.json'), 'utf8'));
const spec = (name, dtype, ...shape) => ({ name, dtype, shape });
const encoderSignature = {
    inputs: [spec('input_ids', 'int64', null, null), spec('attention_mask', 'int64', null, null)],
    outputs: [spec('tokens', 'float32', null, null, 4)],
};
const linearSignature = {
    inputs: [spec('x', 'float32', null, 4)],
    outputs: [spec('y', 'float32', null, 3)],
};
const labels = ['a', 'b', 'c'];
/** Files without a record, with a task of each kind that has answers. */
export const taskModels = [
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
export function openTaskHost() {
    const models = taskModels.map((model) => ({ ...model, warmup: false }));
    return ModelHost.open({ models: [{ name: 'mnist-mlp' }, ...models], warmupBatchSizes: [1] });
}
/** A picture of one colour. */
export async function picture(colour, format = 'png', [width, height] = [20, 10]) {
    return sharp({ create: { width, height, channels: 3, background: colour } })
        .toFormat(format)
        .toBuffer();
}
