/** What the policy `signature` decides. */
import { basename, dirname, join } from 'node:path';
import { findEngine } from '../../engines/index.js';
import { torchError } from '../../errors.js';
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
 * Verifies the signature of what is about to be loaded. Files that the load itself hashes are not read.
 * @throws ERR_SIGNATURE_REQUIRED, ERR_SIGNATURE_INVALID, ERR_SIGSTORE_NOT_FOUND
 */
export async function verifiedDecision(subject: PolicySubject, trust: Trust): Promise<PolicyDecision> {
  if ('file' in subject) return await ofFile(subject, trust);
  const { record, registry } = subject;
  const { file, sidecars = [] } = record.artifact;
  const external = readsSidecars(record.engine);
  const unread = new Set([file, ...(external ? sidecars.map((one) => one.file) : [])]);
  const { signer, files, warnings } = await verifyVersion(registry, record, trust, { unread });
  return { ...digestsOf(files, file, external), warnings, ...(signer && { signer }) };
}

type FileSubject = Extract<PolicySubject, { file: string }>;

/**
 * The bundle of a file is `FILE.sig`, where it alone was signed, or `model.sig` in its folder, where the folder was.
 */
async function ofFile({ file, sha256, engine }: FileSubject, trust: Trust): Promise<PolicyDecision> {
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
  const files = await compareFolder(
    own ? file : folder,
    statement,
    { bundle: content, ofFiles: true },
    { unread: new Set([name]) },
  );
  const signed = files.get(name);
  if (!signed) throw invalid(`Expected ${basename(file)} among the signed files but it is none of them`);
  if (sha256 !== undefined && sha256 !== signed.sha256) {
    throw invalid(`Expected ${file} to have sha256 ${sha256} (load.sha256), but ${signed.sha256} is signed`);
  }
  return { ...digestsOf(files, name, readsSidecars(await findEngine(file, engine))), warnings: [], signer };
}

function digestsOf(files: ReadonlyMap<string, SignedFile>, artifact: string, external: boolean) {
  const others = external ? [...files].filter(([path]) => path !== artifact) : [];
  const externalSha256 = Object.fromEntries(others.map(([path, { sha256 }]) => [path, sha256]));
  const { sha256 } = files.get(artifact) as SignedFile;
  return { sha256, ...(others.length > 0 && { externalSha256 }) };
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
