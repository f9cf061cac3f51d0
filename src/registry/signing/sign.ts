/** Signatures by OpenSSF Model Signing v1.0, with a key or with a key and its certificate. */
import { createPublicKey } from 'node:crypto';
import * as check from '../../check.js';
import { expected, torchError } from '../../errors.js';
import { bundleText, maxBundleBytes } from './bundle.js';
import { nameOf, pemCertificates } from './certificate.js';
import { hintOf, signPayload } from './dsse.js';
import { keyWarnings, privateKeyOf, readPem } from './key.js';
import { manifestOf, type SignedFile } from './manifest.js';
import { algorithms, statementText, type HashAlgorithm } from './statement.js';

/** What signs. */
export interface SigningKeyOptions {
  /** The private key: path of a PEM file, or PEM. ECDSA on P-256, P-384 or P-521. */
  readonly key: string;
  /** Of an encrypted key. Default: none. */
  readonly passphrase?: string | undefined;
  /**
   * The certificate of the key, and those of the authorities above it: paths of PEM files, or PEM. The bundle then holds them,
   * and is verified by the authorities. Default: none; it is verified by the public key.
   */
  readonly certificates?: readonly string[] | undefined;
}

export interface SignOptions extends SigningKeyOptions {
  /** What is signed is called. */
  readonly subject: string;
  /** What is said of it beside its files. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Default: sha256. */
  readonly algorithm?: HashAlgorithm;
  /** Digests of parts of so many bytes, in place of those of whole files. */
  readonly shardBytes?: number;
  /** Paths below the folder that are not signed. Default: those of git, as model-signing has it. */
  readonly ignorePaths?: readonly string[];
  /** Follow symbolic links to files; without, they are refused. */
  readonly allowSymlinks?: boolean;
  readonly signal?: AbortSignal;
}

/** A signature that was made. */
export interface Signed {
  /** The text of the bundle. */
  readonly bundle: string;
  readonly files: ReadonlyMap<string, SignedFile>;
  readonly warnings: readonly string[];
}

const keyNames = ['key', 'passphrase', 'certificates'];
const names = [
  ...keyNames,
  'subject',
  'annotations',
  'algorithm',
  'shardBytes',
  'ignorePaths',
  'allowSymlinks',
  'signal',
];
export const gitPaths = ['.git', '.gitattributes', '.github', '.gitignore'] as const;

/**
 * Signs the files of a folder. The bundle verifies with PyPI's model-signing too.
 *
 * @example
 * const { bundle } = await signFolder('models/mnist/v1.0', { key: 'key.pem', subject: 'mnist' });
 *
 * @param folder or a single file
 * @throws ERR_INVALID_ARGUMENT (a key that cannot be read or used), ERR_SIGNATURE_INVALID (files that cannot be signed),
 * `signal.reason`
 */
export async function signFolder(folder: string, options: SignOptions): Promise<Signed> {
  check.text('folder', folder, 'a path');
  check.options('signFolder', options, names);
  const { subject, annotations = {}, algorithm = 'sha256', shardBytes, allowSymlinks = false, signal } = options;
  const { ignorePaths = gitPaths } = options;
  check.text('subject', subject);
  check.object('annotations', annotations);
  for (const [name, value] of Object.entries(annotations)) check.text(`annotation ${name}`, value);
  check.oneOf('algorithm', algorithm, Object.keys(algorithms) as HashAlgorithm[]);
  if (shardBytes !== undefined) check.integer('shardBytes', shardBytes, 1, Number.MAX_SAFE_INTEGER);
  check.boolean('allowSymlinks', allowSymlinks);
  check.signal(signal);
  const key = await signingKey(options);
  const method = shardBytes === undefined ? 'files' : 'shards';
  const serialization = { method, algorithm, shardBytes, allowSymlinks, ignorePaths } as const;
  const { resources, files } = await manifestOf(folder, serialization, signal);
  if (shardBytes !== undefined) requireNoColon(files.keys());
  const text = statementText({ subject, annotations: new Map(Object.entries(annotations)), serialization, resources });
  const payload = Buffer.from(text);
  const bundle = bundleText(key.material, payload, signPayload(payload, key.private));
  if (bundle.length > maxBundleBytes) {
    throw expected(`files whose bundle has at most ${maxBundleBytes} bytes`, 'signFolder', bundle.length);
  }
  return { bundle, files, warnings: key.warnings };
}

/** A shard is named `path:start:end`. */
function requireNoColon(paths: Iterable<string>): void {
  for (const path of paths) {
    if (path.includes(':')) throw expected('names without a colon', 'the files of shards', path);
  }
}

/** Reads what signs. @throws ERR_INVALID_ARGUMENT */
async function signingKey({ key, passphrase, certificates = [] }: SigningKeyOptions) {
  check.text('key', key, 'a path or PEM');
  if (passphrase !== undefined) check.text('passphrase', passphrase);
  if (!Array.isArray(certificates)) throw expected('an array of paths', 'certificates', certificates);
  const pem = await readPem(key, 'the private key', 'ERR_INVALID_ARGUMENT');
  const own = privateKeyOf(pem, passphrase);
  const publicKey = createPublicKey(own);
  const tlogEntries: never[] = [];
  const result = { private: own, warnings: keyWarnings(pem) };
  if (certificates.length === 0) {
    return { ...result, material: { publicKey: { hint: hintOf(publicKey) }, tlogEntries } };
  }
  const read = certificates.map(async (one: string) =>
    pemCertificates(await readPem(one, 'the certificates', 'ERR_INVALID_ARGUMENT'), 'ERR_INVALID_ARGUMENT'),
  );
  const chain = (await Promise.all(read)).flat();
  const leaf = chain.findIndex((one) => one.publicKey.equals(publicKey));
  if (leaf < 0) {
    const listed = chain.map(nameOf).join('; ');
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected the certificate of ${pem.where} among the certificates but received ${listed}`,
    );
  }
  const ordered = [...chain.splice(leaf, 1), ...chain];
  const list = ordered.map(({ raw }) => ({ rawBytes: raw.toString('base64') }));
  return { ...result, material: { x509CertificateChain: { certificates: list }, tlogEntries } };
}
