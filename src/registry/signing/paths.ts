/** Names of files in a statement: relative, with `/`, and of one spelling only. */
import { describe } from '../../errors.js';
import { invalid } from './form.js';

/** What model-signing calls the file when a single file, and no folder, was signed. */
export const singleFile = '.';

/** Linux takes no longer ones. */
const maxLength = 4096;

/** @throws ERR_SIGNATURE_INVALID for what leads out of the folder or has another spelling too */
export function checkPath(path: string, at: string): void {
  const fault = faultOf(path);
  if (fault !== undefined)
    throw invalid(`Expected a path below the signed folder at ${at}, but ${describe(path)} ${fault}`);
}

function faultOf(path: string): string | undefined {
  if (path === singleFile) return undefined;
  if (path.length > maxLength) return `has more than ${maxLength} characters`;
  if (path.includes('\0')) return 'has a NUL';
  if (path.includes('\\')) return 'has a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:\//.test(path)) return 'is absolute';
  const parts = path.split('/');
  if (parts.includes('..')) return 'leads out with ..';
  if (parts.includes('.') || parts.includes('')) return 'has a part that says nothing';
  return undefined;
}

/** Ascending as model-signing sorts them: part by part, by code points. */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = Buffer.compare(Buffer.from(left[i] as string), Buffer.from(right[i] as string));
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/**
 * Makes a test of whether a path lies at or below one of those that a signature ignores. One that is absolute or leads out of the
 * folder, as old versions of model-signing wrote them, ignores nothing. What it costs depends on the path alone: a signature
 * may ignore thousands.
 */
export function ignoring(ignored: readonly string[]): (path: string) => boolean {
  const known = new Set(ignored.map((one) => one.replace(/^(\.\/)+/, '').replace(/\/+$/, '')));
  return (path) => {
    if (known.size === 0) return false;
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      if (known.has(path.slice(0, end))) return true;
    }
    return known.has(path);
  };
}
