import { readFileSync } from 'node:fs';
import { fixture } from '../paths.js';

const pixels = 784;
/** Where the numbers of a small .npy file begin. */
const header = 128;

const images = readFileSync(fixture('digits/held-out.npy')).subarray(header);
const labels = readFileSync(fixture('digits/held-out-labels.npy')).subarray(header);

/** Some of the held-out digits, by chance: float32 rows as `POST /predict` takes them, and the class of each. */
export function heldOutDigits(rows: number): { readonly body: Buffer; readonly labels: number[] } {
  const values = new Float32Array(rows * pixels);
  const chosen = Array.from({ length: rows }, () => Math.floor(Math.random() * labels.length));
  for (const [i, digit] of chosen.entries()) {
    const image = images.subarray(digit * pixels, (digit + 1) * pixels);
    values.set(
      Array.from(image, (value) => value / 255),
      i * pixels,
    );
  }
  return { body: Buffer.from(values.buffer), labels: chosen.map((digit) => labels[digit] as number) };
}

/** The same pictures, dark on light. */
export function inverted(body: Buffer): Buffer {
  const values = new Float32Array(body.buffer, body.byteOffset, body.length / 4);
  return Buffer.from(values.map((value) => 1 - value).buffer);
}
