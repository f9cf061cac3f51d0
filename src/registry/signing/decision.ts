/** What the policy `signature` decides. */
import { basename, dirname, join } from 'node:path';
import { findEngine, weightFiles } from '../../engines/index.js';
import { torchError } from '../../errors.js';
import type { ModelRecord } from '../model-record.js';
import { readsSidecars } from '../signature-of.js';
import { maxBundleBytes } from './bundle.js';
import { invalid } from './form.js';
import { compareFolder, type SignedFile } from './manifest.js';
import { singleFile } from './paths.js';
import type { PolicyDecision, PolicySubject } from './policy.js';
import type { Trust } from './trust.js';
import { verifyBundle } from './verify.js';
import { readBounded, verifyVersion } from './version.js';

/**
 * Verifies the signature of what is about to be loaded.
 * @param isEnforced files that the load itself hashes are then not read: it gets their digests. Else every file is read
 * @throws ERR_SIGNATURE_REQUIRED, ERR_SIGNATURE_INVALID, ERR_SIGSTORE_NOT_FOUND
 */
export async function verifiedDecision(
  subject: PolicySubject,
  trust: Trust,
  isEnforced: boolean,
): Promise<PolicyDecision> {
  if ('file' in subject) return await ofFile(subject, trust, isEnforced);
  const { record, registry } = subject;
  const { file, sidecars = [] } = record.artifact;
  const external = readsSidecars(record.engine);
  const hashed = [file, ...(external ? sidecars.map((one) => one.file) : [])];
  const options = isEnforced ? { unread: new Set(hashed) } : {};
  const { signer, files, coversRecord, warnings } = await verifyVersion(registry, record, trust, options);
  if (!coversRecord) throw recordNotSigned(record);
  return { ...(isEnforced && digestsOf(files, file, external)), warnings, ...(signer && { signer }) };
}

/** The files of one version may be those of another, and a record says what its answers mean. */
function recordNotSigned({ name, version }: ModelRecord): Error {
  return invalid(
    `Expected a signature of ${name} ${version} that covers its record, but it covers its files alone: labels and task may have been changed\n` +
      `  fix: node-libtorch registry sign ${name}@${version} --key FILE; or sign a copy of metadata.json among the files (docs/signing.md)`,
  );
}

type FileSubject = Extract<PolicySubject, { file: string }>;

/**
 * The bundle of a file is `FILE.sig`, where it alone was signed, or `model.sig` in its folder, where the folder was.
 */
async function ofFile(subject: FileSubject, trust: Trust, isEnforced: boolean): Promise<PolicyDecision> {
  const { file, sha256 } = subject;
  const folder = dirname(file);
  const own = await readIfThere(`${file}.sig`);
  const content = own ?? (await readIfThere(join(folder, 'model.sig')));
  if (content === undefined) {
    throw torchError(
      'ERR_SIGNATURE_REQUIRED',
      `Expected a signature of ${file}, in ${basename(file)}.sig or in model.sig beside it, but there is neither`,
    );
  }
  const { signer, statement } = await verifyBundle(content, trust);
  const name = own ? singleFile : basename(file);
  const signatures = { bundle: content, ofFiles: true };
  const options = isEnforced ? { unread: new Set([name]) } : {};
  const files = await compareFolder(own ? file : folder, statement, signatures, options);
  const signed = files.get(name);
  if (!signed) throw invalid(`Expected ${basename(file)} among the signed files but it is none of them`);
  if (sha256 !== undefined && sha256 !== signed.sha256) {
    throw invalid(`Expected ${file} to have sha256 ${sha256} (load.sha256), but ${signed.sha256} is signed`);
  }
  if (own) await requireAlone(file);
  const stated = sha256 === undefined ? {} : { sha256 };
  const external = readsSidecars(await findEngine(file, subject.engine));
  return { ...(isEnforced ? digestsOf(files, name, external) : stated), warnings: [], signer };
}

/** A signature of one file says nothing of weights that lie beside it. @throws ERR_SIGNATURE_REQUIRED */
async function requireAlone(file: string): Promise<void> {
  const [first] = await weightFiles(file);
  if (first === undefined) return;
  throw torchError(
    'ERR_SIGNATURE_REQUIRED',
    `Expected a signature of ${first} too, which holds weights, but ${basename(file)}.sig covers ${basename(file)} alone\n` +
      '  fix: sign the folder with all its files, into model.sig in it, and remove the other signature',
  );
}

/** No file beside the artifact may be read that is not among those that were signed, so none is an answer too. */
function digestsOf(files: ReadonlyMap<string, SignedFile>, artifact: string, external: boolean) {
  const { sha256 } = files.get(artifact) as SignedFile;
  if (!external) return { sha256 };
  const others = [...files].filter(([path]) => path !== artifact);
  return { sha256, externalSha256: Object.fromEntries(others.map(([path, one]) => [path, one.sha256])) };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readBounded(path, `the signature ${basename(path)}`, maxBundleBytes);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code.startsWith('ERR_')) throw error;
    throw invalid(`Expected the signature ${basename(path)} to be readable (${code})`, error);
  }
}
