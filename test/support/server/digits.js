import { readFileSync } from 'node:fs';
import { fixture } from '../paths.js';
/** One real digit of every class. */
export const { digits } = JSON.parse(readFileSync(fixture('digits.json'), 'utf8'));
/** Probability of the most probable class. */
export function confidence(logits) {
    const max = Math.max(...logits);
    return 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - max), 0);
}
