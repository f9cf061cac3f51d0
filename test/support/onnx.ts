/** Recorded cases of test/fixtures/onnx, and the slow model calibrated to this machine. */
import { readFileSync } from 'node:fs';
import { loadModel, Tensor, type Value } from 'node-libtorch';
import { decode } from './cases.js';
import { fixture } from './paths.js';

type Encoded = Parameters<typeof decode>[0];

export interface OnnxCase {
  readonly name: string;
  readonly file: string;
  readonly inputs: Readonly<Record<string, Encoded>>;
  readonly outputs: Readonly<Record<string, Encoded>>;
  readonly tolerance: number;
}

export const onnx = (name: string): string => fixture(`onnx/${name}.onnx`);

export const onnxCases = (JSON.parse(readFileSync(fixture('onnx/cases.json'), 'utf8')) as { cases: OnnxCase[] }).cases;

export function decodeAll(tensors: Readonly<Record<string, Encoded>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, decode(tensor)]));
}

/** An input of slow.onnx. */
export const row = new Tensor('float32', new Float32Array(256).fill(0.1), [256]);

/** The other: how many steps to run. */
export const steps = (count: number): Tensor => new Tensor('int64', BigInt64Array.of(BigInt(count)), []);

/** How many steps of slow.onnx take about so many milliseconds here. */
export async function stepsFor(milliseconds: number): Promise<number> {
  await using model = await loadModel(onnx('slow'));
  await model.call('forward', [row, steps(20)]);
  const { timings } = await model.execute('forward', [row, steps(200)]);
  return Math.ceil((200 * milliseconds) / timings.runMs);
}
