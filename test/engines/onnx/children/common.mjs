import { loadModel, Tensor } from 'node-libtorch';

export { loadModel, Tensor };
export const [, , slow, linear] = process.argv;
/** Zeros: any other numbers shrink from step to step until they are denormal, and a step then takes a hundred times as long. */
export const row = new Tensor('float32', new Float32Array(256), [256]);
export const steps = (count) => new Tensor('int64', BigInt64Array.of(BigInt(count)), []);

/** A model in the middle of a run of about a second. */
export async function running() {
  const model = await loadModel(slow);
  const { timings } = await model.execute('forward', [row, steps(200)]);
  const run = model.call('forward', [row, steps(Math.ceil((200 * 1000) / timings.runMs))]);
  run.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { model, run };
}
