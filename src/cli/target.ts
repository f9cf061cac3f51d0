import { statSync } from 'node:fs';
import { extname } from 'node:path';
import type { ModelSettings, Settings } from '../server/settings/table.js';
import { describe, torchError } from '../errors.js';
import { modelExtensions } from '../engines/index.js';
import type { ModelRecord, ModelRegistry } from '../registry/index.js';
import { checkReference, foldReference, isDigest, isModelName } from '../registry/names.js';
import type { LoadOptions } from '../model/options.js';

/** A version in the registry, as a person names it. */
export type Reference = Named | { readonly digest: string };

interface Named {
  readonly name: string;
  /** What follows the `@`: a version, an alias or `sha256:<hex>`. Undefined: the default version. */
  readonly version?: string;
}

/** What a person calls a model on the command line. */
export type Target = { readonly file: string } | Reference;

/** What people take for model files, or get instead of one: a name in the registry has no such end. */
const otherExtensions = /\.(bin|ckpt|dat|gguf|gz|h5|keras|mar|npy|npz|ort|pb|pickle|pkl|safetensors|tar|tflite|zip)$/i;

/**
 * A path, the extension of a model file, or a file that is there means a file; anything else is a reference.
 * @param isName what may stand before the `@`
 * @throws ERR_INVALID_ARGUMENT as parseReference
 */
export function parseTarget(text: string, isName = isModelName): Target {
  const isNamedLikeFile =
    /[/\\]/.test(text) || modelExtensions.includes(extname(text).toLowerCase()) || otherExtensions.test(text);
  if (isNamedLikeFile || (extname(text) !== '' && isFile(text))) return { file: text };
  return parseReference(text, isName);
}

/**
 * `name`, `name@v1.0`, `name@champion` or `name@sha256:<hex>` of the registry, or `sha256:<hex>` alone.
 * @throws ERR_INVALID_ARGUMENT for what can be none of these
 */
export function parseReference(text: string, isName = isModelName): Reference {
  if (/^sha256:/i.test(text)) return { digest: digestIn(text) };
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  if (!isName(name)) throw notAReference(text);
  if (at < 0) return { name };
  const said = text.slice(at + 1);
  const version = /^sha256:/i.test(said) ? digestIn(said) : said;
  checkReference(version);
  return { name, version };
}

/** @throws ERR_INVALID_ARGUMENT */
function digestIn(text: string): string {
  const digest = foldReference(text);
  if (isDigest(digest)) return digest;
  const received = `${describe(text)}, which has ${text.length - 'sha256:'.length} characters after the colon`;
  throw torchError('ERR_INVALID_ARGUMENT', `Expected sha256: and 64 hex digits but received ${received}`);
}

function notAReference(text: string) {
  return torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected a model in the registry, such as digits, digits@v1.0, digits@champion or digits@sha256:<64 hex digits>, with a name of 1 to 64 characters a-z 0-9 . _ -, but received ${describe(text)}`,
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The options of loadModel that settings hold, for a bare file or a record. */
export function loadOptionsOf(settings: ModelSettings): LoadOptions {
  const { engine, device, precision, optimize, autograd, operatorLibraries, externalDataRoot, runInline } = settings;
  return {
    device,
    precision,
    optimize,
    operatorLibraries,
    ...(engine !== 'auto' && { engine }),
    ...(autograd !== 'auto' && { autograd: autograd === 'on' }),
    ...(externalDataRoot !== undefined && { externalDataRoot }),
    ...(runInline === 'off' && { runInline: false }),
  };
}

/** The folders of the registry, of all settings. */
export function foldersOf({ registryDir, modelsDir }: Settings): { registryDir: string; modelsDir: string } {
  return { registryDir, modelsDir };
}

export interface Located {
  readonly path: string;
  /** Undefined for a bare file. */
  readonly record: ModelRecord | undefined;
  /** Where the record is. */
  readonly registry?: ModelRegistry;
  readonly options: LoadOptions;
}

/** Where a target's artifact lies and how it is to be loaded. @throws as ModelRegistry.resolve and artifactPath */
export async function locate(target: Target, settings: Settings): Promise<Located> {
  const options = loadOptionsOf(settings);
  if ('file' in target) return { path: target.file, record: undefined, options };
  const { ModelRegistry, loadOptionsOf: optionsOfRecord } = await import('../registry/index.js');
  const registry = await ModelRegistry.open(foldersOf(settings));
  const record = await recordOf(registry, target);
  return {
    path: await registry.artifactPath(record),
    ...{ record, registry },
    options: { ...options, ...optionsOfRecord(record) },
  };
}

/**
 * The record that a reference means.
 * @throws as ModelRegistry.resolve; ERR_VERSION_NOT_FOUND for a digest of no version, ERR_INVALID_ARGUMENT for one of several
 */
export async function recordOf(registry: ModelRegistry, reference: Reference): Promise<ModelRecord> {
  if ('name' in reference) return registry.resolve(reference.name, reference.version);
  const { digest } = reference;
  const records = await registry.find(digest);
  const [only] = records;
  if (only === undefined)
    throw torchError(
      'ERR_VERSION_NOT_FOUND',
      `Expected the digest of a version of the registry but received ${digest}`,
    );
  if (records.length === 1) return only;
  const known = records.map(({ name, version }) => `${name}@${version}`).join(', ');
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected one version but ${known} have the same artifact, ${digest}; name one of them`,
  );
}
