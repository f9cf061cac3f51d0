/** A slow model with a run under way. */
import { loadModel, Tensor } from 'node-libtorch';

export const [, , slow, digit] = process.argv;
export const row = new Tensor('float32', new Float32Array(256), [256]);

/** Starts a run of `steps` products (about 0.1 to 0.5 ms each) and waits until it is under way. */
export async function startRun(path = slow, steps = 500, options = {}) {
  const model = await loadModel(path);
  const answer = model.call('forward', [row, steps], options);
  answer.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { model, answer };
}
