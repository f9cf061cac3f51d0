import { torchError } from '../../errors.js';
import { datatypeTable, type Datatype } from '../../protocol/datatype.js';
import type {
  IndexEntry,
  ModelConfig,
  ModelMetadata,
  ModelStatistics,
  ServerMetadata,
  TensorMetadata,
} from '../../protocol/messages.js';
import { stateOf } from '../states.js';

/**
 * Messages without tensors, out of the JSON of any server. What a server leaves out is empty; what it says in another form
 * is an error, so that a program never meets it later.
 */
type Json = Readonly<Record<string, unknown>>;

/** @throws ERR_BAD_ANSWER */
export function serverMetadataOf(body: unknown): ServerMetadata {
  const { name, version, extensions } = objectOf(body, 'the answer');
  return { name: text(name), version: text(version), extensions: texts(extensions, 'extensions') };
}

/** @throws ERR_BAD_ANSWER */
export function metadataOf(body: unknown): ModelMetadata {
  const { name, versions, platform, inputs, outputs } = objectOf(body, 'the answer');
  if (typeof name !== 'string') throw wrong('a string for name');
  return {
    name,
    versions: texts(versions, 'versions'),
    platform: text(platform),
    inputs: tensors(inputs, 'inputs'),
    outputs: tensors(outputs, 'outputs'),
  };
}

/** @throws ERR_BAD_ANSWER */
export function configOf(body: unknown): ModelConfig {
  return objectOf(body, 'the answer') as unknown as ModelConfig;
}

/** @throws ERR_BAD_ANSWER */
export function statisticsOf(body: unknown): readonly ModelStatistics[] {
  return items(objectOf(body, 'the answer')['model_stats'], 'model_stats').map(
    (item) => objectOf(item, 'model_stats') as unknown as ModelStatistics,
  );
}

/** @throws ERR_BAD_ANSWER */
export function indexOf(body: unknown): readonly IndexEntry[] {
  return items(body, 'the answer').map((item) => {
    const { name, version, state, reason } = objectOf(item, 'an entry');
    return { name: text(name), version: text(version), state: stateOf(state), reason: text(reason) };
  });
}

/** KServe's `GET /v2/models`. @throws ERR_BAD_ANSWER */
export function modelsOf(body: unknown): readonly IndexEntry[] {
  const names = texts(objectOf(body, 'the answer')['models'], 'models');
  return names.map((name) => ({ name, version: '', state: 'UNKNOWN', reason: '' }));
}

function tensors(value: unknown, where: string): readonly TensorMetadata[] {
  return items(value ?? [], where).map((item) => {
    const { name, datatype, shape } = objectOf(item, where);
    if (typeof name !== 'string') throw wrong(`a string for the name in ${where}`);
    const sizes = items(shape ?? [], `the shape of ${name}`);
    if (!sizes.every((size) => Number.isSafeInteger(size))) throw wrong(`integers for the shape of ${name}`);
    const known = typeof datatype === 'string' && Object.hasOwn(datatypeTable, datatype);
    return { name, datatype: known ? (datatype as Datatype) : '', shape: sizes as number[] };
  });
}

function objectOf(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw wrong(`an object for ${where}`);
}

function items(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(`an array for ${where}`);
}

/** Nothing, or null, is empty. */
function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw wrong('a string');
}

function texts(value: unknown, where: string): readonly string[] {
  return items(value ?? [], where).map((item) => {
    if (typeof item === 'string') return item;
    throw wrong(`strings for ${where}`);
  });
}

const wrong = (what: string) => torchError('ERR_BAD_ANSWER', `Expected ${what}`);
