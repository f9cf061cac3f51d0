import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '#dist/index.js';
import { StatisticsBuilder } from '#dist/monitoring/drift/builder.js';
import type { TrainingStatistics } from '#dist/monitoring/drift/statistics.js';
import type { ModelRecord } from '#dist/registry/index.js';
import { meaningOf } from '#dist/tasks/kinds/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { root } from '../paths.js';
import { AliasRegistry } from '../server/alias-registry.js';
import { digits } from '../server/digits.js';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const side = 28;

export interface Drawn {
  readonly label: number;
  readonly pixels: Float32Array;
}

/** Draws digits: one of every class, each time moved and of another strength. What is drawn by other seeds is of the same kind. */
export class DigitSource {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  /** @param of the classes, each as probable as any other */
  draw(of: readonly number[] = digits.map(({ label }) => label)): Drawn {
    const random = this.#random;
    const label = of[Math.floor(random() * of.length)] as number;
    const { input } = digits.find((digit) => digit.label === label) as (typeof digits)[number];
    const [right, down] = [Math.floor(random() * 3) - 1, Math.floor(random() * 3) - 1];
    const strength = 0.8 + 0.2 * random();
    const pixels = new Float32Array(side * side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [fromX, fromY] = [x - right, y - down];
        const isInside = fromX >= 0 && fromX < side && fromY >= 0 && fromY < side;
        pixels[y * side + x] = isInside ? strength * (input[fromY * side + fromX] as number) : 0;
      }
    }
    return { label, pixels };
  }
}

export const inverted = (pixels: Float32Array): Float32Array => pixels.map((value) => 1 - value);

export function noisy(pixels: Float32Array, seed: number): Float32Array {
  const random = randomOf(seed);
  return pixels.map((value) => Math.min(1, Math.max(0, value + 0.6 * (random() - 0.5))));
}

const rows = 2000;
let made: Promise<TrainingStatistics> | undefined;

/** Of 2000 digits that were drawn, as the real model answers them. */
function digitStatistics(): Promise<TrainingStatistics> {
  return (made ??= countDigits());
}

async function countDigits(): Promise<TrainingStatistics> {
  const record = JSON.parse(readFileSync(`${root}model-registry/mnist-mlp/v1.0/metadata.json`, 'utf8')) as ModelRecord;
  const builder = new StatisticsBuilder(record.signature, meaningOf(record.task), rows);
  const model = await loadModel(`${root}models/mnist-mlp/v1.0/model.pt`);
  const source = new DigitSource(1);
  for (let from = 0; from < rows; from += 100) {
    const input = new Float32Array(100 * side * side);
    for (let row = 0; row < 100; row++) input.set(source.draw().pixels, row * side * side);
    const tensor = new Tensor('float32', input, [100, side * side]);
    builder.add([tensor], await model.run(tensor), 100);
  }
  await model.dispose();
  return builder.finish();
}

/** A registry of digit models whose records have training statistics. */
export async function watchedRegistry(versions: readonly string[] = ['v1.0']): Promise<AliasRegistry> {
  const registry = new AliasRegistry(versions);
  for (const version of versions) setStatistics(registry, version, await digitStatistics());
  return registry;
}

/** Writes the statistics into a record; undefined takes them out. */
export function setStatistics(registry: AliasRegistry, version: string, trainingStatistics?: TrainingStatistics): void {
  const path = join(registry.registryDir, 'mnist-mlp', version, 'metadata.json');
  const record = JSON.parse(readFileSync(path, 'utf8')) as ModelRecord;
  writeFileSync(path, JSON.stringify({ ...record, trainingStatistics }));
}
