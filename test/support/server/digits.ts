import { readFileSync } from 'node:fs';
import { fixture } from '../paths.js';

export interface Digit {
  readonly label: number;
  readonly input: readonly number[];
  /** As PyTorch computed them. */
  readonly logits: readonly number[];
}

/** One real digit of every class. */
export const { digits } = JSON.parse(readFileSync(fixture('digits.json'), 'utf8')) as { digits: readonly Digit[] };

/** Probability of the most probable class. */
export function confidence(logits: readonly number[]): number {
  const max = Math.max(...logits);
  return 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - max), 0);
}
