import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stamps } from './stamps.mjs';

/** The working tree. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What each step last succeeded on. */
export const stamps = new Stamps(join(root, 'build/stamps.json'));

/** A line for people; stdout is left to data. */
export const say = (text) => void process.stderr.write(`${text}\n`);
