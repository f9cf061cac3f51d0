/** Signatures of the versions of a registry: `model.sig` beside the record, over the folder of the artifact. */
import { isDeepStrictEqual } from 'node:util';
import * as check from '../../check.js';
import { torchError, TorchError } from '../../errors.js';
import { containedPath } from '../../files/contained-path.js';
import { withRegularFile } from '../../files/regular-file.js';
import type { ModelRegistry } from '../registry.js';
import { maxRecordBytes, unreadable } from '../read.js';
import type { ModelRecord } from '../model-record.js';
import { annotationsOf, requireAnnotations, sha256Of, type SignedVersion } from './annotations.js';
import { maxBundleBytes, parseBundle } from './bundle.js';
import { invalid } from './form.js';
import { compareFolder, type VerifyFolderOptions, type SignedFile } from './manifest.js';
import { signFolder } from './sign.js';
import { parseStatement, type Statement } from './statement.js';
import type { Trust, TrustOptions } from './trust.js';
import { trusted, verifyBundle, type Signer } from './verify.js';
import type { SignVersionOptions, VerifiedVersion, VerifyVersionOptions } from './version-options.js';

/**
 * Signs a version and writes `model.sig` beside its record. One that is there is replaced.
 * @returns the bundle, and what is worth knowing, such as a key that others may read
 * @throws ERR_INTEGRITY when the files are not those of the record, ERR_INVALID_ARGUMENT for the key, and as
 * `ModelRegistry.resolve`; ERR_REGISTRY_LOCKED, ERR_STORAGE, ERR_STORAGE_FULL
 */
export async function signVersion(
  registry: ModelRegistry,
  name: string,
  reference: string,
  options: SignVersionOptions,
): Promise<{ readonly bundle: string; readonly warnings: readonly string[] }> {
  check.options('ModelRegistry.sign', options, ['key', 'passphrase', 'certificates', 'signal']);
  const record = await registry.resolve(name, reference);
  const { version } = record;
  const own = await signedVersion(registry, record);
  const { bundle, files, warnings } = await signFolder(await registry.artifactFolder(record), {
    ...options,
    subject: `${name}@${version}`,
    annotations: annotationsOf(own),
  });
  try {
    requireFilesOf(record, files);
  } catch (error) {
    throw torchError('ERR_INTEGRITY', (error as Error).message, { cause: error });
  }
  await (await registry.store()).replaceFile(name, version, 'model.sig', bundle, { signal: options.signal });
  return { bundle, warnings };
}

/**
 * Writes a bundle that was made elsewhere, by model-signing say, beside the record of a version. It is compared with the
 * files before, and its signature is verified where somebody is trusted.
 * @throws ERR_SIGNATURE_INVALID; and as `signVersion`
 */
export async function attachSignature(
  registry: ModelRegistry,
  name: string,
  reference: string,
  bundle: string | Uint8Array,
  { trust, signal }: { readonly trust?: Trust | TrustOptions; readonly signal?: AbortSignal } = {},
): Promise<VerifiedVersion> {
  const record = await registry.resolve(name, reference);
  const verified = await verifyVersion(registry, record, trust, { bundle, ...(signal && { signal }) });
  await (await registry.store()).replaceFile(name, record.version, 'model.sig', bundle, { signal });
  return verified;
}

/**
 * Verifies the signature of a version: who signed, every file, and the record where it is signed too.
 * @param trust undefined: the bundle is compared with the files, and its signature is not verified
 * @throws ERR_SIGNATURE_REQUIRED when there is none, ERR_SIGNATURE_INVALID saying what is wrong, ERR_CONFIG for what is
 * trusted, ERR_SIGSTORE_NOT_FOUND, and as `ModelRegistry.artifactFolder`
 */
export async function verifyVersion(
  registry: ModelRegistry,
  record: ModelRecord,
  trust: Trust | TrustOptions | undefined,
  { bundle, ...options }: VerifyVersionOptions & VerifyFolderOptions = {},
): Promise<VerifiedVersion> {
  const content = bundle ?? (await readSignature(registry, record));
  const known: { signer?: Signer; statement: Statement } = trust
    ? await verifyBundle(content, await trusted(trust))
    : { statement: parseStatement(parseBundle(content)) };
  const own = await signedVersion(registry, record);
  const hasAnnotations = requireAnnotations(known.statement.annotations, own);
  const folder = await registry.artifactFolder(record);
  const files = await compareFolder(folder, known.statement, { bundle: content }, options);
  requireFilesOf(record, files);
  const { name, version } = record;
  // Other programs sign files and nothing else, so a copy of the record may be one of them.
  const coversRecord = hasAnnotations || files.get('metadata.json')?.sha256 === sha256Of(own.record);
  const warnings = coversRecord
    ? []
    : [
        `The signature of ${name} ${version} covers its files, and not its record: labels and task may have been changed`,
      ];
  return { signer: known.signer, files, coversRecord, warnings };
}

/** A version as it is signed. @throws ERR_SIGNATURE_INVALID when the record is another by now than the one that was read */
async function signedVersion(registry: ModelRegistry, record: ModelRecord): Promise<SignedVersion> {
  const { name, version } = record;
  const what = `the record of ${name} ${version}`;
  const bytes = await containedPath(registry.registryDir, name, version, 'metadata.json')
    .then((path) => readBounded(path, what, maxRecordBytes))
    .catch((error: unknown) => {
      throw unreadable(error, 'ERR_MANIFEST', what);
    });
  let now: unknown;
  try {
    now = JSON.parse(bytes.toString('utf8'));
  } catch {
    // It is no record any more, so it is not the one that was read.
  }
  if (!isDeepStrictEqual(now, record))
    throw invalid(`Expected the record of ${name} ${version} not to change while it is checked`);
  return { name, version, record: bytes };
}

async function readSignature(registry: ModelRegistry, { name, version }: ModelRecord): Promise<Buffer> {
  try {
    // A link to a place outside of the registry is refused.
    const path = await containedPath(registry.registryDir, name, version, 'model.sig');
    return await readBounded(path, `the signature of ${name} ${version}`, maxBundleBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw torchError(
        'ERR_SIGNATURE_REQUIRED',
        `Expected a signature of ${name} ${version} (model.sig beside its record) but there is none\n` +
          `  fix: node-libtorch registry sign ${name}@${version} --key key.pem`,
        { cause: error },
      );
    }
    if (error instanceof TorchError) throw invalid(error.message, error);
    throw invalid(`Expected the signature of ${name} ${version} to be readable (${code})`, error);
  }
}

/** @throws ERR_SIGNATURE_INVALID for more bytes, and for what is no regular file */
export async function readBounded(path: string, what: string, maxBytes: number): Promise<Buffer> {
  const refuse = (): Error => invalid(`Expected ${what} to be a regular file`);
  return await withRegularFile(path, refuse, async ({ file, size }) => {
    if (size > maxBytes) throw invalid(`Expected ${what} to have at most ${maxBytes} bytes but it has ${size}`);
    return await file.readFile();
  });
}

/** The record's own files must be among those that were signed, as the record says they are. */
function requireFilesOf({ name, version, artifact }: ModelRecord, files: ReadonlyMap<string, SignedFile>): void {
  for (const { file, sha256 } of [artifact, ...(artifact.sidecars ?? [])]) {
    const signed = files.get(file);
    if (!signed) throw invalid(`Expected ${file} of ${name} ${version} among the signed files but it is none of them`);
    if (signed.sha256 === sha256) continue;
    throw invalid(
      `Expected ${file} of ${name} ${version} to have sha256 ${sha256}, as its record says, but ${signed.sha256} is signed`,
    );
  }
}
