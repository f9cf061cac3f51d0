/** What `serve` is asked to serve: its arguments, else the setting `models`, else the setting `model`. */
import { statSync } from 'node:fs';
import { describe, torchError, type TorchError } from '../errors.js';
import { checkRegistered, servedNames, type ModelEntry } from '../server/settings/model-entries.js';
import { foldReference } from '../registry/names.js';
import { fileVersion, isServedName, keyOf, stemOf } from '../serving/names.js';
import { defaultOf, type Settings } from '../server/settings/table.js';
import { entriesOfFolder, isFolder } from './model-folder.js';
import { parseTarget } from './target.js';

/**
 * The models to serve, the default one first.
 * @param targets arguments of the command: a file, a folder of files, `NAME=file`, `name` or `name@…` with a version, an alias or a digest
 * @param name of the only target, which is a file or a folder
 * @throws ERR_CONFIG or ERR_INVALID_ARGUMENT for a name that cannot be, or one that is there twice
 */
export function modelsToServe(
  targets: readonly string[],
  name: string | undefined,
  settings: Pick<Settings, 'models' | 'model' | 'modelVersion'>,
): readonly ModelEntry[] {
  if (name !== undefined && targets.length !== 1) {
    throw invalid('one model for --name; for several write NAME=FILE', `${targets.length} models`);
  }
  const entries = targets.length > 0 ? ofTargets(targets, name, settings.models ?? []) : ofSettings(settings);
  requireDifferent(entries);
  return entries;
}

/** What an entry is called in URLs. */
export function nameOf({ name, file = '' }: ModelEntry): string {
  return name ?? stemOf(file);
}

function ofSettings({
  models,
  model,
  modelVersion,
}: Pick<Settings, 'models' | 'model' | 'modelVersion'>): readonly ModelEntry[] {
  if (!models) return [{ name: model, ...(modelVersion !== undefined && { versions: [foldReference(modelVersion)] }) }];
  for (const entry of models) requireNameOfFile(entry, 'in the setting models', 'give { "file", "name" }');
  const names = models.map(nameOf);
  if (model === defaultOf('model')) return models; // nobody chose one
  if (names.includes(model))
    return [...models].sort((a, b) => Number(nameOf(b) === model) - Number(nameOf(a) === model));
  throw torchError(
    'ERR_CONFIG',
    `Expected one of the models (${names.join(', ')}) for setting model but received ${describe(model)}`,
  );
}

function ofTargets(
  texts: readonly string[],
  name: string | undefined,
  models: readonly ModelEntry[],
): readonly ModelEntry[] {
  const entries: ModelEntry[] = [];
  for (const entry of texts.flatMap((text) => ofTarget(text, name, models))) {
    // Versions of one model that differ in nothing else are loaded as one model.
    const before = entries.findIndex((other) => isSameButVersion(other, entry));
    if (before < 0) entries.push(entry);
    else entries[before] = withVersions(entries[before] as ModelEntry, entry);
  }
  return entries;
}

function ofTarget(text: string, name: string | undefined, models: readonly ModelEntry[]): readonly ModelEntry[] {
  const { file, ...said } = parseServeTarget(text);
  if (file !== undefined && isFolder(file)) return entriesOfFolder(file, name ?? said.name);
  if (file !== undefined) {
    const entry = { ...said, file, ...(name !== undefined && { name }) };
    requireNameOfFile(entry, `of the model file ${file}`, 'give --name NAME, or with several models NAME=FILE');
    return [entry];
  }
  if (name !== undefined)
    throw invalid(`a model file for --name, since names in the registry are fixed`, describe(text));
  // An entry of the settings with this name says more of it.
  const known = models.find((entry) => nameOf(entry) === said.name);
  if (!known) checkRegistered(`the model ${describe(text)}`, said.name, said.versions);
  if (known?.file !== undefined && said.versions)
    throw invalid(`no version of ${said.name}, which is a file`, describe(text));
  return [{ ...known, ...said }];
}

/** `NAME=file`, unless a file is called so; else as `parseTarget`. */
function parseServeTarget(text: string): ModelEntry {
  const [, name, file] = /^([^=/\\]*)=(.+)$/s.exec(text) ?? [];
  if (name !== undefined && file !== undefined && !statSync(text, { throwIfNoEntry: false })) {
    if (!isServedName(name)) throw invalid(`${servedNames} before the = of ${describe(text)}`, describe(name));
    return { name, file };
  }
  // The settings may call a file as no model of the registry is called.
  const target = parseTarget(text, isServedName);
  if ('file' in target) return target;
  if ('digest' in target) throw invalid('the name of a model before its digest: NAME@sha256:…', describe(text));
  const { version } = target;
  return { name: target.name, ...(version !== undefined && { versions: [version] }) };
}

function requireNameOfFile(entry: ModelEntry, where: string, remedy: string): void {
  const name = nameOf(entry);
  if (isServedName(name)) return;
  throw invalid(`${servedNames} for the name ${where}`, `${describe(name)}; ${remedy}`);
}

const isSameButVersion = (a: ModelEntry, b: ModelEntry): boolean =>
  a.file === undefined && b.file === undefined && a.name === b.name && Boolean(a.versions) && Boolean(b.versions);

const withVersions = (entry: ModelEntry, { versions = [] }: ModelEntry): ModelEntry => ({
  ...entry,
  versions: [...(entry.versions ?? []), ...versions],
});

/** @throws ERR_CONFIG where two would have one URL */
function requireDifferent(entries: readonly ModelEntry[]): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    const name = nameOf(entry);
    const versions =
      entry.file === undefined ? (entry.versions ?? ['its default version']) : [entry.version ?? fileVersion];
    for (const version of versions) {
      const what = keyOf({ name, version });
      if (seen.has(what)) {
        throw torchError(
          'ERR_CONFIG',
          `Expected each version of a model once but received ${what} twice; give files other names: NAME=FILE, or "name" in the settings`,
        );
      }
      seen.add(what);
    }
  }
}

function invalid(wanted: string, got: string): TorchError {
  return torchError('ERR_INVALID_ARGUMENT', `Expected ${wanted} but received ${got}`);
}
