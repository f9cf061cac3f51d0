import { extname } from 'node:path';
import { describe, expected, torchError } from '../errors.js';
import type { EngineName, LoadOptions, RunOptions } from '../types.js';
import { checkSha256 } from './artifact.js';
import { checkSignature } from './check-signature.js';
import { checkOperatorLibraries } from './operator-libraries.js';

const engineByExtension: Readonly<Record<string, EngineName>> = {
  '.pt': 'torchscript',
  '.pts': 'torchscript',
  '.jit': 'torchscript',
  '.pt2': 'aotinductor',
  '.onnx': 'onnx',
};

export type ResolvedLoadOptions = Required<Omit<LoadOptions, 'signature' | 'sha256' | 'externalSha256' | 'signal'>> &
  Pick<LoadOptions, 'signature' | 'sha256' | 'externalSha256' | 'signal'>;

const choices = {
  engine: ['torchscript', 'aotinductor', 'onnx'],
  precision: ['auto', 'fp32', 'fp16', 'bf16'],
  outputDtype: ['float32', 'native'],
  optimize: ['none', 'freeze', 'inference'],
} as const;
const known = new Set([
  ...['device', 'instances', 'maxPending', 'operatorLibraries', 'signature', 'sha256', 'externalSha256', 'signal'],
  ...Object.keys(choices),
]);

/**
 * Checks options and fills in defaults.
 * @throws ERR_INVALID_ARGUMENT for an unknown option or a value it cannot have, ERR_MODEL_FORMAT for an unknown extension
 */
export function resolveLoadOptions(path: string, options: LoadOptions): ResolvedLoadOptions {
  if (typeof path !== 'string' || path === '') throw expected('a path', 'the model', path);
  checkObject('the options of loadModel', options);
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw expected(`one of ${[...known].sort().join(', ')}`, 'an option of loadModel', name);
  }
  for (const [name, allowed] of Object.entries(choices)) {
    const value = options[name as keyof typeof choices];
    if (value !== undefined && !(allowed as readonly string[]).includes(value)) {
      throw expected(`one of ${allowed.join(', ')}`, name, value);
    }
  }
  if (options.sha256 !== undefined) checkSha256(options.sha256);
  if (options.externalSha256 !== undefined) {
    checkObject('externalSha256', options.externalSha256);
    for (const digest of Object.values(options.externalSha256)) checkSha256(digest);
  }
  if (options.signature !== undefined) checkSignature(options.signature);
  checkSignal(options.signal);
  const { instances = 1, maxPending = 1024, device = 'auto', operatorLibraries = [] } = options;
  checkOperatorLibraries(operatorLibraries);
  checkInteger('instances', instances, 1, 256);
  checkInteger('maxPending', maxPending, 0, 1_000_000);
  if (typeof device !== 'string') throw expected("'auto', 'cpu', 'cuda' or 'cuda:<index>'", 'device', device);
  const engine = options.engine ?? engineOf(path);
  if (engine === 'onnx' && operatorLibraries.length > 0) {
    throw torchError('ERR_INVALID_ARGUMENT', 'Expected no operatorLibraries for an ONNX model: they are for LibTorch');
  }
  return {
    engine,
    device,
    precision: options.precision ?? 'auto',
    outputDtype: options.outputDtype ?? 'float32',
    instances,
    maxPending,
    optimize: options.optimize ?? 'freeze',
    operatorLibraries,
    ...(options.signature && { signature: options.signature }),
    ...(options.sha256 !== undefined && { sha256: options.sha256 }),
    ...(options.externalSha256 && { externalSha256: options.externalSha256 }),
    ...(options.signal && { signal: options.signal }),
  };
}

/** @throws ERR_INVALID_ARGUMENT */
export function checkRunOptions(options: RunOptions): void {
  checkObject('the options of a run', options);
  const { signal, timeoutMs } = options;
  checkSignal(signal);
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1)) {
    throw expected('a number of milliseconds above 0 and below 2^31', 'timeoutMs', timeoutMs);
  }
}

export function checkInteger(name: string, value: unknown, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
    throw expected(`an integer from ${min} to ${max}`, name, value);
  }
}

export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected('an object', name, value);
}

function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw expected('an AbortSignal', 'signal', signal);
}

function engineOf(path: string): EngineName {
  const extension = extname(path).toLowerCase();
  const engine = engineByExtension[extension];
  if (engine) return engine;
  const list = Object.keys(engineByExtension).join(', ');
  throw torchError(
    'ERR_MODEL_FORMAT',
    `Expected a model file with the extension ${list}, or the option engine, but received ${describe(extension)}`,
  );
}
