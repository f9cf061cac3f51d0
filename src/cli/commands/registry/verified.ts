import { torchError } from '../../../errors.js';
import { containedPath } from '../../../files/contained-path.js';
import { digestFile } from '../../../files/hash.js';
import type { ModelRecord, ModelRegistry } from '../../../registry/index.js';
import type { QuarantineEntry } from '../../../registry/quarantine.js';
import { unreadable } from '../../../registry/read.js';
import { openTrust, type Trust } from '../../../registry/signing/trust.js';
import type { Signer } from '../../../registry/signing/verify.js';
import { verifyVersion as verifyVersionSignature } from '../../../registry/signing/version.js';
import { showing, type Progress } from '../../progress.js';
import { settingsOf } from '../../options.js';
import { formatBytes, inOneLine } from '../../report.js';
import { commandSettings } from '../../settings.js';
import type { Reference } from '../../target.js';
import { UsageError } from '../../usage.js';
import { usage, type Flags } from './shared.js';
import { recordsOf } from './shown.js';
import { isSigned, isThere, problemOf, type Problem } from './versions.js';

/** What was found of one version; without a version, of the aliases of a model. */
export interface Verified {
  readonly name: string;
  readonly version?: string;
  readonly digest?: string;
  readonly signer?: Signer;
  /** Why no server loads it, until it is cleared; its files may be as they should be. */
  readonly quarantine?: QuarantineEntry;
  readonly problems: readonly Problem[];
  /** What is right, in words. */
  readonly says: readonly string[];
}

interface VerifyOptions {
  /** Undefined where nobody is trusted: signatures are not looked into. */
  readonly trust: Trust | undefined;
  readonly signal: AbortSignal;
  /** The signature of the one version, in place of the one beside its record. */
  readonly bundle?: string;
}

export interface TrustFlags extends Flags {
  readonly key?: readonly string[];
  readonly certificate?: readonly string[];
  readonly identity?: readonly string[];
}

/**
 * Whom the flags and the settings trust; undefined for nobody.
 * @throws UsageError for a file that cannot be read or is none of these
 */
export async function trustOf(flags: TrustFlags): Promise<Trust | undefined> {
  const settings = commandSettings({ overrides: settingsOf(flags) });
  const { trustedRoot } = settings;
  const publicKeys = [...settings.trustedKeys, ...(flags.key ?? [])];
  const certificateAuthorities = [...settings.trustedCertificates, ...(flags.certificate ?? [])];
  const identities = [...settings.trustedIdentities, ...(flags.identity ?? [])];
  const count = publicKeys.length + certificateAuthorities.length + identities.length;
  // A root alone is a mistake: whoever names it wants signatures verified.
  if (count === 0 && trustedRoot === undefined) return undefined;
  const options = { publicKeys, certificateAuthorities, identities, ...(trustedRoot !== undefined && { trustedRoot }) };
  return openTrust(options).catch((cause: unknown) => {
    throw new UsageError(cause);
  });
}

/**
 * Checks versions one by one, and the aliases of their models.
 * @param references undefined: all that there are
 * @throws UsageError for one bundle of several versions
 */
export async function verifyVersions(
  registry: ModelRegistry,
  references: readonly Reference[] | undefined,
  options: VerifyOptions,
): Promise<Verified[]> {
  const versions = references ? await versionsOf(registry, references) : await allOf(registry);
  if (options.bundle !== undefined && versions.length > 1)
    throw usage(
      `Expected one version beside --signature but received ${versions.map((each) => each.version).join(', ')}`,
    );
  const found: Verified[] = [];
  for (const name of new Set(versions.map((each) => each.name))) found.push(...(await aliasFaults(registry, name)));
  for (const [name, version] of versions.map((each) => [each.name, each.version] as const)) {
    found.push(await verifyVersion(registry, name, version, options));
  }
  return found;
}

interface Version {
  readonly name: string;
  readonly version: string;
}

async function allOf(registry: ModelRegistry): Promise<Version[]> {
  const entries = await registry.list();
  return entries.flatMap(({ name, versions }) => versions.map((version) => ({ name, version })));
}

async function versionsOf(registry: ModelRegistry, references: readonly Reference[]): Promise<Version[]> {
  const versions = new Map<string, Version>();
  const add = (each: Version): void => void versions.set(`${each.name} ${each.version}`, each);
  for (const reference of references) {
    if ('name' in reference && reference.version === undefined) {
      for (const version of await registry.versions(reference.name)) add({ name: reference.name, version });
    } else if ('name' in reference && (await registry.versions(reference.name)).includes(reference.version ?? '')) {
      // Its record may be what is bad.
      add({ name: reference.name, version: reference.version as string });
    } else for (const { name, version } of await recordsOf(registry, reference)) add({ name, version });
  }
  return [...versions.values()];
}

/** A file of aliases that cannot be read, and aliases of versions that are not there. */
async function aliasFaults(registry: ModelRegistry, name: string): Promise<Verified[]> {
  const problems: Problem[] = [];
  try {
    const versions = await registry.versions(name);
    for (const [alias, version] of await registry.aliases(name)) {
      if (versions.includes(version)) continue;
      problems.push({
        code: 'ERR_VERSION_NOT_FOUND',
        message: `Expected the alias ${alias} to name one of ${versions.join(', ')} but it names ${version}`,
      });
    }
  } catch (error) {
    problems.push(problemOf(error));
  }
  return problems.length > 0 ? [{ name, problems, says: [] }] : [];
}

async function verifyVersion(
  registry: ModelRegistry,
  name: string,
  version: string,
  { trust, signal, bundle }: VerifyOptions,
): Promise<Verified> {
  let record: ModelRecord;
  try {
    record = await registry.record(name, version);
  } catch (error) {
    return { name, version, problems: [problemOf(error)], says: [] };
  }
  const problems: Problem[] = [];
  const says: string[] = [];
  const check = async (work: () => Promise<string>): Promise<void> => {
    try {
      says.push(await work());
    } catch (error) {
      signal.throwIfAborted();
      problems.push(problemOf(error));
    }
  };
  await check(() => requireFiles(registry, record, signal));
  if (!(await isThere(registry.cardPath(name, version)))) says.push('no card (registry card --write makes it)');
  let signer: Signer | undefined;
  await check(async () => {
    if (bundle === undefined && !(await isSigned(registry, name, version))) return notSigned(name, version, trust);
    const verified = await showing(`Verifying the signature of ${name} ${version}`, () =>
      verifyVersionSignature(registry, record, trust, { signal, ...(bundle !== undefined && { bundle }) }),
    );
    ({ signer } = verified);
    const scope = verified.coversRecord ? '' : ', its files and not its record, so the policy signature refuses it';
    return signer
      ? `signed by ${signer.name}${scope}`
      : `signed, by whom was not asked (--key, --certificate, --identity)${scope}`;
  });
  const { sha256 } = record.artifact;
  const refused = await registry.quarantined(name).catch(() => []);
  const quarantine = refused.find((entry) => entry.version === version && entry.sha256 === sha256);
  if (quarantine) {
    const { code, reason } = quarantine;
    says.push(
      `in quarantine, so no server loads it: [${code}] ${inOneLine(reason)} (registry clear ${name}@${version})`,
    );
  }
  const digest = `sha256:${sha256}`;
  return { name, version, digest, ...(signer && { signer }), ...(quarantine && { quarantine }), problems, says };
}

/** @throws ERR_SIGNATURE_REQUIRED where somebody is trusted: whoever could remove a signature could change a model */
function notSigned(name: string, version: string, trust: Trust | undefined): string {
  if (!trust) return 'not signed';
  throw torchError(
    'ERR_SIGNATURE_REQUIRED',
    `Expected a signature of ${name} ${version} but there is none\n  fix: registry sign ${name}@${version} --key key.pem`,
  );
}

/** Hashes the artifact and the files beside it. @throws ERR_INTEGRITY naming the first that differs */
async function requireFiles(registry: ModelRegistry, record: ModelRecord, signal: AbortSignal): Promise<string> {
  const { name, version, artifact } = record;
  const files = [artifact, ...(artifact.sidecars ?? [])];
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  await showing(
    `Hashing ${name} ${version}`,
    async (progress) => {
      for (const file of files) {
        const path = (): Promise<string> => containedPath(registry.modelsDir, name, version, ...file.file.split('/'));
        await requireFile(path, file, `${file.file} of ${name} ${version}`, { signal, progress });
      }
    },
    { totalBytes },
  );
  return files.length === 1
    ? `${artifact.file} ${formatBytes(totalBytes)}`
    : `${files.length} files ${formatBytes(totalBytes)}`;
}

interface Hashing {
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function requireFile(
  path: () => Promise<string>,
  expected: { readonly sha256: string; readonly bytes: number },
  what: string,
  { signal, progress }: Hashing,
): Promise<void> {
  const hashed = async () => digestFile(await path(), what, signal, progress.add);
  const found = await hashed().catch((error: unknown) => {
    throw unreadable(error, 'ERR_INTEGRITY', what);
  });
  if (found.sha256 === expected.sha256 && found.bytes === expected.bytes) return;
  throw torchError(
    'ERR_INTEGRITY',
    `Expected ${what} to be ${expected.bytes} bytes with sha256 ${expected.sha256} but found ${found.bytes} bytes with ${found.sha256}`,
  );
}
