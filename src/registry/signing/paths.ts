/** Names of files in a statement: relative, with `/`, and of one spelling only. */
import { describe } from '../../errors.js';
import { invalid } from './form.js';

/** What model-signing calls the file when a single file, and no folder, was signed. */
export const singleFile = '.';

/** @throws ERR_SIGNATURE_INVALID for what leads out of the folder or has another spelling too */
export function checkPath(path: string, at: string): void {
  const fault = faultOf(path);
  if (fault !== undefined)
    throw invalid(`Expected a path below the signed folder at ${at}, but ${describe(path)} ${fault}`);
}

function faultOf(path: string): string | undefined {
  if (path === singleFile) return undefined;
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
 * Whether a path lies at or below one of those that a signature ignores. One that is absolute or leads out of the folder,
 * as old versions of model-signing wrote them, ignores nothing.
 */
export function isIgnored(path: string, ignored: readonly string[]): boolean {
  return ignored.some((one) => {
    const prefix = one.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
    return path === prefix || path.startsWith(`${prefix}/`);
  });
}
