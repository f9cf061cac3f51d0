/** What a log line may hold: never an input value, never a credential. */
import { types } from 'node:util';
import { isError } from '../errors.js';

/** Request data and results; logged as kind and length only. */
const dataKeys = new Set([
  'input_data',
  'input',
  'inputs',
  'data',
  'body',
  'args',
  'tensor',
  'tensors',
  'predictions',
  'confidence_scores',
  'confidencescores',
  'outputs',
  'output',
]);

const credentialKeys = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'apikey',
  'token',
  'password',
  'secret',
]);

const maxDepth = 6;
const maxText = 512;
/** Frames of a model. */
const maxTrace = 4096;

/**
 * A copy of a log record that is safe to write: credentials are replaced, request data and every array of numbers other
 * than a shape is reduced to its kind and length, errors to type, code, message, stack and the model's trace.
 */
export function scrub(record: Record<string, unknown>, depth = 0): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const key of Object.keys(record)) clean[key] = scrubMember(key, record[key], depth);
  return clean;
}

function scrubMember(key: string, value: unknown, depth: number): unknown {
  // Most members of an access line are numbers and short strings; they leave here.
  if (typeof value === 'number' && !dataKeys.has(key)) return value;
  const name = key.toLowerCase();
  if (credentialKeys.has(name)) return '[redacted]';
  if (dataKeys.has(name)) return kindOf(value);
  return scrubValue(key, value, depth);
}

function scrubValue(key: string, value: unknown, depth: number): unknown {
  if (typeof value === 'string') return clip(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
  if (isError(value)) return scrubError(value);
  if (depth >= maxDepth || isBinary(value)) return kindOf(value);
  if (Array.isArray(value)) return scrubArray(key, value, depth);
  if (types.isMap(value) || types.isSet(value)) return kindOf(value);
  return scrub(value as Record<string, unknown>, depth + 1);
}

function scrubArray(key: string, value: readonly unknown[], depth: number): unknown {
  const isNumeric = value.some((item) => typeof item === 'number' || typeof item === 'bigint' || Array.isArray(item));
  if (key === 'shape' ? value.length > 16 : isNumeric || value.length > 64) return kindOf(value);
  return value.map((item) => scrubValue('', item, depth + 1));
}

/** Type, code, message, stack and the model's trace of an error and of its causes; none of its other members. */
function scrubError(error: Error, depth = 0): Record<string, unknown> {
  const { code, trace } = error as { code?: unknown; trace?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' && { code }),
    message: clip(error.message),
    ...(error.stack !== undefined && { stack: frames(error.stack) }),
    ...(typeof trace === 'string' && { trace: clip(trace, maxTrace) }),
    ...(isError(error.cause) && depth < maxDepth && { cause: scrubError(error.cause, depth + 1) }),
  };
}

/** The frames alone: the lines before them repeat the message, at any length. */
function frames(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return lines.slice(0, 20).join('\n');
}

function clip(text: string, most = maxText): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function isBinary(value: object): boolean {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `[array of ${value.length}]`;
  if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
  return `[${value === null ? 'null' : typeof value}]`;
}
