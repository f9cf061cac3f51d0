/** What a folder of models holds: `serve /mnt/models`, as KServe and Triton lay it out. */
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { modelExtensions } from '../engines/index.js';
import { describe, torchError, type TorchError } from '../errors.js';
import { servedNames, type ModelEntry } from '../server/settings/model-entries.js';
import { isServedName, stemOf } from '../serving/names.js';

/** One model of a folder. */
interface Found {
  /** Undefined: the folder itself says no name. */
  readonly name: string | undefined;
  readonly file: string;
  /** Undefined: the file lies in no folder of a version. */
  readonly version?: string;
}

/** What volumes and editors put beside the models; a user that may not read it shall not be stopped by it. */
const ignored = /^\.|^lost\+found$/;

/** A folder that is called so holds a version. */
const versionName = /^v?\d{1,18}(\.\d{1,18}){0,2}$/;

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * The models of a folder: model files, folders of versions (`3/model.pt`), or a folder for each model (`digits/model.pt`,
 * `digits/3/model.pt`). The highest version of a model is its default.
 * @param name what the only model is called, or which of several is the default; without it they are called as their folders or files
 * @throws ERR_INVALID_ARGUMENT for a folder without models, or one that leaves open which file is meant
 */
export function entriesOfFolder(folder: string, name: string | undefined): readonly ModelEntry[] {
  const found = modelsIn(folder);
  const entries = found.map((one) => ({ ...one, name: one.name ?? basename(resolve(folder)) }));
  const names = [...new Set(entries.map((one) => one.name))];
  const isOneModel = names.length === 1;
  for (const one of isOneModel && name !== undefined ? [name] : names) requireName(one, folder);
  if (name === undefined) return entries;
  if (isOneModel) return entries.map((one) => ({ ...one, name }));
  const chosen = entries.filter((one) => one.name === name);
  if (chosen.length > 0) return [...chosen, ...entries.filter((one) => one.name !== name)];
  throw invalid(
    `one model in ${folder}, or one that is called ${name}, for --name`,
    `${names.join(', ')}; leave --name out, or name one of them`,
  );
}

/** @throws ERR_INVALID_ARGUMENT */
function modelsIn(folder: string): readonly Found[] {
  const { files, folders } = contentsOf(folder);
  const below = folders.filter(holdsModels);
  if (files.length > 0 && below.length > 0) {
    throw invalid(
      `model files or folders of models in ${folder}`,
      `both: ${[...files, ...below].map((path) => basename(path)).join(', ')}`,
    );
  }
  if (files.length > 0) return files.map((file) => ({ name: stemOf(file), file }));
  const versions = below.filter(isVersion);
  if (versions.length === below.length && below.length > 0) return versionsOf(undefined, versions);
  if (versions.length > 0) {
    throw invalid(
      `folders of versions or folders of models in ${folder}`,
      `both: ${below.map((path) => basename(path)).join(', ')}`,
    );
  }
  if (below.length === 0) throw empty(folder);
  return below.flatMap((path) => modelOf(path));
}

/** A folder that is called as its model. */
function modelOf(folder: string): readonly Found[] {
  const name = basename(folder);
  const { files, folders } = contentsOf(folder);
  const versions = folders.filter((path) => isVersion(path) && contentsOf(path).files.length > 0);
  if (files.length > 0 && versions.length > 0) {
    throw invalid(`a model file or folders of versions in ${folder}`, 'both');
  }
  return files.length > 0 ? [{ name, file: onlyOf(folder, files) }] : versionsOf(name, versions);
}

function versionsOf(name: string | undefined, folders: readonly string[]): readonly Found[] {
  return [...folders].sort(higherFirst).map((folder) => {
    const file = onlyOf(folder, contentsOf(folder).files);
    return { name, file, version: basename(folder) };
  });
}

/** Down to a version of a model, and no further. */
function holdsModels(folder: string): boolean {
  const { files, folders } = contentsOf(folder);
  if (files.length > 0) return true;
  return !isVersion(folder) && folders.some((path) => isVersion(path) && contentsOf(path).files.length > 0);
}

/** Model files, and folders, in the order of their names. */
function contentsOf(folder: string): { readonly files: readonly string[]; readonly folders: readonly string[] } {
  let names;
  try {
    names = readdirSync(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw torchError('ERR_INVALID_ARGUMENT', `Expected a folder that can be read at ${folder} (${code})`, { cause });
  }
  const paths = names.filter((name) => !ignored.test(name)).sort();
  const folders = paths.map((name) => join(folder, name)).filter(isFolder);
  const files = paths.filter((name) => modelExtensions.includes(extname(name).toLowerCase()));
  return { files: files.map((name) => join(folder, name)).filter((path) => !folders.includes(path)), folders };
}

function onlyOf(folder: string, files: readonly string[]): string {
  const [file, second] = files;
  if (file !== undefined && second === undefined) return file;
  throw invalid(
    `one model file in ${folder}`,
    `${files.map((path) => basename(path)).join(', ')}; name the files as arguments: NAME=FILE`,
  );
}

const isVersion = (path: string): boolean => versionName.test(basename(path));

function higherFirst(a: string, b: string): number {
  return basename(b).localeCompare(basename(a), 'en', { numeric: true });
}

function requireName(name: string, folder: string): void {
  if (isServedName(name)) return;
  throw invalid(`${servedNames} for the name of what ${folder} holds`, `${describe(name)}; give --name NAME`);
}

function empty(folder: string): TorchError {
  const seen = readdirSync(folder).filter((name) => !ignored.test(name));
  const what = seen.length === 0 ? 'nothing' : listed(seen);
  return invalid(
    `a model file (${modelExtensions.join(', ')}), folders of versions or folders of models in ${folder}`,
    what,
  );
}

function listed(names: readonly string[]): string {
  const more = names.length - 8;
  return more > 0 ? `${names.slice(0, 8).join(', ')} and ${more} more` : names.join(', ');
}

function invalid(wanted: string, got: string): TorchError {
  return torchError('ERR_INVALID_ARGUMENT', `Expected ${wanted} but received ${got}`);
}
