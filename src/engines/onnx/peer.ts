import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { torchError } from '../../errors.js';
import { bundledError, wasBundled } from '../../files/bundled.js';
import { resolveFrom } from '../../files/resolve.js';
import { packageRoot } from '../../files/package-root.js';

/** Since this version its binding registers itself with every thread that loads it. */
const registersSince = [1, 25] as const;
let isKept = false;

/**
 * Up to 1.24 the binding registers itself when the process loads it, and Node forgets that with the last thread that has it: a
 * thread that comes later gets "Module did not self-register". So this thread loads an old one too, and uses nothing of it.
 */
export function keepOldRuntime(runtimePath: string): void {
  if (isKept || !isOld(runtimePath)) return;
  try {
    createRequire(import.meta.url)(runtimePath);
    isKept = true;
  } catch {
    // The model's thread has the same trouble, and says so.
  }
}

function isOld(runtimePath: string): boolean {
  try {
    const file = join(dirname(runtimePath), '..', 'package.json'); // beside dist/index.js
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major < registersSince[0] || (major === registersSince[0] && minor < registersSince[1]);
  } catch {
    return false;
  }
}

/**
 * Where onnxruntime-node lies. It is an optional peer dependency, and nothing of it is loaded here.
 * @throws ERR_ONNXRUNTIME_NOT_FOUND
 */
export function findOnnxRuntime(): string {
  const found = resolveFrom(packageRoot(), 'onnxruntime-node');
  if (found !== undefined) return found;
  if (wasBundled()) throw bundledError('the package onnxruntime-node');
  throw torchError(
    'ERR_ONNXRUNTIME_NOT_FOUND',
    'Expected the package onnxruntime-node, which runs ONNX models, but it is not installed\n' +
      '  fix: npm install onnxruntime-node --onnxruntime-node-install=skip',
  );
}
