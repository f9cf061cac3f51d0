/** What an artifact is called in the registry. */
import { basename, extname } from 'node:path';
import { isFileName } from '../names.js';

const longest = 128;

/**
 * The file's own name, with every character that the registry's names do not have as `_`. It keeps its extension, or gets
 * one of its engine's.
 * @param extensions of the engine, with their dots, in lower case
 */
export function artifactName(path: string, extensions: readonly string[]): string {
  const own = extname(path);
  const isKnown = extensions.includes(own.toLowerCase());
  const extension = isKnown ? own : (extensions[0] ?? '');
  const plain = basename(path, isKnown ? own : '')
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/\.$/, '')
    .slice(0, longest - extension.length);
  const name = `${plain === '' ? 'model' : plain}${extension}`;
  return isFileName(name) ? name : `model${extension}`;
}
