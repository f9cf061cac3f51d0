import type { ErrorDetail } from '../errors.js';
import { formatShape } from '../tensor/shape.js';
import type { Dimension } from '../signature/spec.js';
import type { ImageSpec } from '../tasks/image/spec.js';
import type { ModelRecord } from './schema.js';

type Signature = ModelRecord['signature'];
type TaskOf<K extends ModelRecord['task']['type']> = Extract<ModelRecord['task'], { type: K }>;

const checks: {
  [K in ModelRecord['task']['type']]: (task: TaskOf<K>, signature: Signature) => Generator<ErrorDetail>;
} = {
  classification: labelFaults,
  'multi-label': labelFaults,
  embedding: embeddingFaults,
  *other() {
    // It promises nothing.
  },
};

/** What a task says that the signature does not bear out. */
export function* taskFaults(task: ModelRecord['task'], signature: Signature): Generator<ErrorDetail> {
  yield* checks[task.type](task as never, signature);
  if (task.image) yield* imageFaults(task.image, signature);
}

function* labelFaults({ labels }: { readonly labels: readonly string[] }, { outputs }: Signature) {
  const classes = outputs[0]?.shape?.at(-1);
  if (classes === labels.length) return;
  yield { pointer: '/task/labels', detail: `must be as many as the last dimension of the output, ${classes}` };
}

function* embeddingFaults(
  { pooling, attentionMask = 'attention_mask' }: TaskOf<'embedding'>,
  { inputs, outputs }: Signature,
) {
  const rank = outputs[0]?.shape?.length;
  const wanted = pooling === 'none' ? 2 : 3;
  if (rank !== wanted) {
    const meaning = pooling === 'none' ? '[rows, size]' : '[rows, tokens, size]';
    yield { pointer: '/task/pooling', detail: `must be of an output ${meaning}, not of rank ${rank}` };
  }
  if (pooling !== 'mean') return;
  const mask = inputs.find(({ name }) => name === attentionMask);
  if (mask?.shape?.length !== 2) {
    yield { pointer: '/task/attentionMask', detail: `must name an input [rows, tokens], not ${attentionMask}` };
  }
}

function* imageFaults(
  { size, channels = 3, resize = 'crop', shortestSide, mean, std }: ImageSpec,
  { inputs }: Signature,
) {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  const [input, ...others] = inputs;
  const wanted: readonly Dimension[] = [null, channels, height, width];
  const fits =
    others.length === 0 &&
    input?.dtype === 'float32' &&
    input.shape?.length === 4 &&
    wanted.every((dimension, axis) => axis === 0 || [null, dimension].includes(input.shape?.[axis] as Dimension));
  if (!fits) yield { pointer: '/task/image', detail: `must be of one float32 input ${formatShape(wanted)}` };
  for (const [name, values] of Object.entries({ mean, std })) {
    if (values === undefined || values.length === channels) continue;
    yield { pointer: `/task/image/${name}`, detail: `must be ${channels} numbers, one for each channel` };
  }
  if (shortestSide !== undefined && (resize !== 'crop' || shortestSide < Math.max(height, width))) {
    yield { pointer: '/task/image/shortestSide', detail: 'must be at least the size, and stand beside crop alone' };
  }
}
