import { posix } from 'node:path';
import { torchError, type TorchError } from '../../errors.js';
import { weightFiles } from '../../engines/index.js';
import type { Added } from '../add.js';
import type { ModelRegistry } from '../registry.js';
import type { ModelRecord } from '../model-record.js';
import { requireNothingNew } from '../record/same.js';
import type { Staging } from '../store/staging.js';
import { chooseFile } from './choose-file.js';
import { Download, folderOf } from './download.js';
import { guardedFetch } from './guarded-fetch.js';
import { loadHub } from './library.js';
import { limited } from './limited.js';
import { resolvePullOptions, type PullOptions } from './options.js';
import { parseEndpoint, parsePlace, requireCommit } from './place.js';
import { filesAt, modelAt, type HubFile } from './repository.js';
import { statedByCard } from './stated.js';

/** What a pull needs of a registry. */
export type PullTarget = Pick<ModelRegistry, 'record' | 'verify' | 'store' | 'add'>;

/**
 * Fetches a model of Hugging Face at one commit and adds it to a registry, with where it came from. Every byte is held to the
 * size and the digest that the hub lists. Files of weights that the model names are fetched with it. Nothing is unpacked or run
 * before the admission, and nothing is left of a pull that fails.
 * @param place `hf:<owner>/<model>@<commit of 40 hex digits>`; a branch or a tag only with `resolve`
 * @throws ERR_INVALID_ARGUMENT (another place, a floating revision, several model files), ERR_HUB_NOT_FOUND, ERR_MODEL_NOT_FOUND,
 * ERR_DOWNLOAD, ERR_INTEGRITY, ERR_UNSAFE_ARCHIVE, ERR_TIMEOUT, ERR_STORAGE_FULL, what `ModelRegistry.add` throws, `signal.reason`
 * @example
 * await pull(registry, 'hf:org/model@0123456789abcdef0123456789abcdef01234567', { name: 'model', version: 'v1.0' });
 */
export async function pull(registry: PullTarget, place: string, options: PullOptions): Promise<Added> {
  const resolved = resolvePullOptions(options);
  const { file, maxBytes, timeoutMs, stallMs, backoffMs, token, onProgress, add } = resolved;
  const wanted = parsePlace(place);
  requireCommit(wanted, resolved.resolve);
  const endpoint = parseEndpoint(resolved.endpoint);
  const hub = await loadHub();
  const store = await registry.store();
  const limit = limited(add.signal, timeoutMs);
  let staging: Staging | undefined;
  try {
    // Its folder is on the registry's disk, and one that a crash leaves is removed by the next writer.
    staging = await store.stage({ signal: limit.signal });
    onProgress?.({ stage: 'resolve' });
    const guard = { endpoint, token, stallMs, signal: limit.signal };
    const asking = { hub, endpoint, fetch: guardedFetch({ ...guard, kind: 'api' }) };
    const { commit, card } = await modelAt(asking, wanted);
    const { repository } = wanted;
    const where = `hf:${repository}@${commit}`;
    const inFolder = file === undefined ? '' : folderOf(file);
    const files = await filesAt(asking, repository, commit, inFolder);
    const model = chooseFile(files, file, where);
    const there = await versionThere(registry, add, model, files);
    if (there) {
      await requireNothingNew(there, add);
      return { record: there, added: false };
    }
    const download = new Download(staging.folder, files, maxBytes, {
      ...guard,
      hub,
      repository,
      commit,
      backoffMs,
      onProgress,
    });
    const path = await download.model(model);
    for (const name of await weightFiles(path, limit.signal)) await download.beside(model, name);
    limit.end();
    const source = { repository: `hf:${repository}`, revision: commit, file: model.path };
    return await registry.add(path, {
      ...statedByCard(card, add),
      ...add,
      source,
      ...(onProgress && { onProgress }),
    });
  } catch (error) {
    throw limit.reason(error);
  } finally {
    limit.end();
    await staging?.discard();
  }
}

/**
 * The version that is there already with the files that the hub lists: nothing is fetched for it.
 * @returns undefined where the files must come to be compared
 * @throws ERR_VERSION_EXISTS before gigabytes come that would be refused
 */
async function versionThere(
  registry: PullTarget,
  { name, version, signal }: Pick<PullOptions, 'name' | 'version' | 'signal'>,
  model: HubFile,
  files: ReadonlyMap<string, HubFile>,
): Promise<ModelRecord | undefined> {
  const there = await registry.record(name, version).catch(() => undefined);
  if (!there || model.sha256 === undefined) return undefined;
  const { sha256, sidecars = [] } = there.artifact;
  if (sha256 !== model.sha256) {
    throw torchError(
      'ERR_VERSION_EXISTS',
      `Expected a new version of ${name}, since versions never change, but ${version} is there with sha256 ${sha256}, and ${model.path} has ${model.sha256}\n` +
        '  fix: pull it as another version',
    );
  }
  const listed = (file: string) => files.get(posix.join(folderOf(model.path), file))?.sha256;
  if (!sidecars.every((sidecar) => listed(sidecar.file) === sidecar.sha256)) return undefined;
  // What was deleted or damaged since is fetched, and put back.
  return await registry.verify(name, version, { ...(signal && { signal }) }).then(
    () => there,
    (error: unknown) => {
      if ((error as TorchError).code === 'ERR_INTEGRITY') return undefined;
      throw error;
    },
  );
}
