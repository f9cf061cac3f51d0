import { expected } from '../../errors.js';
import { isNumbers } from '../bins.js';

/** Values of a sample, sorted. */
export function sorted(name: string, sample: unknown): Float64Array {
  return numbersOf(name, sample).sort();
}

export function numbersOf(name: string, sample: unknown): Float64Array {
  if (!isNumbers(sample) || sample.length === 0) throw expected('an array of numbers that is not empty', name, sample);
  const values = Float64Array.from(sample);
  for (let i = 0; i < values.length; i++) {
    // Of an array of numbers that are none, Float64Array makes numbers.
    if (typeof sample[i] === 'number' && Number.isFinite(values[i])) continue;
    throw expected('a finite number', `${name}[${i}]`, sample[i]);
  }
  return values;
}
