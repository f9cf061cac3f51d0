/**
 * What a signature says: an in-toto Statement v1 with the predicate of OpenSSF Model Signing v1.0.
 * https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md, https://github.com/ossf/model-signing-spec
 */
import { createHash } from 'node:crypto';
import { describe } from '../../errors.js';
import { utf8, type Bundle } from './bundle.js';
import { array, dictionary, flag, hex, invalid, object, oneOf, parseJson, positiveInteger, text } from './form.js';
import { checkPath, ignoring } from './paths.js';

/** Hash algorithms, by their names in a statement: what `node:crypto` calls them, and the digits of a digest. */
export const algorithms = {
  sha256: { node: 'sha256', digits: 64 },
  blake2b: { node: 'blake2b512', digits: 128 },
} as const;

export type HashAlgorithm = keyof typeof algorithms;

/** How the files were found and cut. */
export interface Serialization {
  readonly method: 'files' | 'shards';
  readonly algorithm: HashAlgorithm;
  /** Bytes of a shard; undefined with `files`. */
  readonly shardBytes: number | undefined;
  readonly allowSymlinks: boolean;
  readonly ignorePaths: readonly string[];
}

/** The digest of a file, or of the bytes from `start` up to `end` of it. */
export interface Resource {
  readonly path: string;
  readonly start: number;
  /** Undefined for a whole file. */
  readonly end: number | undefined;
  readonly digest: string;
}

export interface Statement {
  readonly subject: string;
  /** What the signer says of the model beside its files: texts by name. */
  readonly annotations: ReadonlyMap<string, string>;
  readonly serialization: Serialization;
  readonly resources: readonly Resource[];
}

const statementType = 'https://in-toto.io/Statement/v1';
const predicateType = 'https://model_signing/signature/v1.0';
const maxResources = 100_000;
const name = text('a name that is not empty');
const hashType = oneOf('sha256', 'blake2b', 'blake3');

const form = object({
  _type: oneOf(statementType),
  predicateType: oneOf(predicateType),
  subject: array(object({ name, digest: dictionary(hex) }, { annotations: object({}, {}, 'open') }, 'open'), 1, 1),
  predicate: object({
    resources: array(object({ name, digest: hex, algorithm: name }, {}, 'open'), 0, maxResources),
    serialization: object(
      { method: oneOf('files', 'shards'), hash_type: hashType, allow_symlinks: flag },
      { shard_size: positiveInteger, ignore_paths: array(name, 0, 10_000) },
    ),
  }),
});

/**
 * The statement of a bundle. Its form is checked and what its parts say of each other, not the signature.
 * @throws ERR_SIGNATURE_INVALID with the place and what was expected there
 */
export function parseStatement({ payload }: Pick<Bundle, 'payload'>): Statement {
  const json = parseJson(utf8(payload, 'the payload'), 'the payload');
  const { subject: subjects, predicate } = form(json, 'statement');
  const [subject] = subjects as [(typeof subjects)[number]];
  const { method, hash_type, allow_symlinks, shard_size, ignore_paths = [] } = predicate.serialization;
  if (hash_type === 'blake3') {
    throw invalid('Expected digests by sha256 or blake2b, but blake3 is not supported: sign with sha256 again');
  }
  if ((shard_size === undefined) !== (method === 'files')) {
    throw invalid(`Expected shard_size at statement/predicate/serialization with the method shards, and only with it`);
  }
  const serialization: Serialization = {
    method,
    algorithm: hash_type,
    shardBytes: shard_size,
    allowSymlinks: allow_symlinks,
    ignorePaths: ignore_paths,
  };
  const resources = predicate.resources.map(({ name, digest, algorithm }, i) => {
    const at = `statement/predicate/resources/${i}`;
    requireAlgorithm(algorithm, serialization, at);
    if (digest.length !== algorithms[hash_type].digits) {
      throw invalid(
        `Expected ${algorithms[hash_type].digits} hex digits at ${at}/digest but received ${digest.length}`,
      );
    }
    return resourceOf(name, digest, serialization, at);
  });
  requireRoot(subject.digest.get('sha256'), resources);
  requireDistinct(resources, serialization);
  return { subject: subject.name, annotations: annotationsIn(json), serialization, resources };
}

/** model-signing 1.1.1 writes `sha256-sharded-1000000000` for shards, though its own schema says `sha256`. */
function requireAlgorithm(found: string, { algorithm, shardBytes }: Serialization, at: string): void {
  if (found === algorithm) return;
  if (shardBytes !== undefined && found === `${algorithm}-sharded-${shardBytes}`) return;
  throw invalid(`Expected ${algorithm}, the hash_type, at ${at}/algorithm but received ${describe(found)}`);
}

function resourceOf(name: string, digest: string, { shardBytes }: Serialization, at: string): Resource {
  if (shardBytes === undefined) {
    checkPath(name, `${at}/name`);
    return { path: name, start: 0, end: undefined, digest };
  }
  const [, path, from, to] = /^([^:]+):(\d{1,15}):(\d{1,15})$/s.exec(name) ?? [];
  if (path === undefined) throw invalid(`Expected path:start:end at ${at}/name but received ${describe(name)}`);
  checkPath(path, `${at}/name`);
  const [start, end] = [Number(from), Number(to)];
  if (end > start && start % shardBytes === 0 && end - start <= shardBytes) return { path, start, end, digest };
  throw invalid(
    `Expected at most ${shardBytes} bytes from a multiple of it at ${at}/name but received ${describe(name)}`,
  );
}

/** The digest of the subject is that of all digests, in their order, whatever algorithm they are of. */
export function rootOf(resources: readonly Pick<Resource, 'digest'>[]): string {
  const hash = createHash('sha256');
  for (const { digest } of resources) hash.update(Buffer.from(digest, 'hex'));
  return hash.digest('hex');
}

function requireRoot(stated: string | undefined, resources: readonly Resource[]): void {
  if (stated === undefined)
    throw invalid('Expected the member "sha256" at statement/subject/0/digest but there is none');
  const found = rootOf(resources);
  if (stated === found) return;
  throw invalid(`Expected the digest of the subject to be that of its resources, ${found}, but received ${stated}`);
}

/** Each file once, or each of its shards once, from its first byte to its last. */
function requireDistinct(resources: readonly Resource[], { ignorePaths }: Serialization): void {
  const ends = new Map<string, number>();
  const isIgnored = ignoring(ignorePaths);
  for (const { path, start, end } of [...resources].sort((a, b) => a.start - b.start)) {
    if (isIgnored(path)) throw invalid(`Expected ${describe(path)} among the resources or the ignore_paths, not both`);
    const before = ends.get(path);
    if (end === undefined) {
      if (before !== undefined)
        throw invalid(`Expected each file once among the resources but ${describe(path)} is there again`);
    } else if (start !== (before ?? 0)) {
      const fault = before !== undefined && start < before ? 'overlap' : 'leave a gap';
      throw invalid(
        `Expected the shards of ${describe(path)} to follow one another, but they ${fault} at byte ${start}`,
      );
    }
    ends.set(path, end ?? 0);
  }
  if (ends.has('.') && ends.size > 1) throw invalid('Expected one file or the files of a folder, not "." among others');
}

function annotationsIn(json: unknown): ReadonlyMap<string, string> {
  const [subject] = (json as { subject: [{ annotations?: Record<string, unknown> }] }).subject;
  const texts = Object.entries(subject.annotations ?? {}).filter(([, value]) => typeof value === 'string');
  return new Map(texts as [string, string][]);
}

/** The JSON of a statement, as it is signed. */
export function statementText({ subject, annotations, serialization, resources }: Statement): string {
  const { method, algorithm, shardBytes, allowSymlinks, ignorePaths } = serialization;
  return JSON.stringify({
    _type: statementType,
    subject: [
      {
        name: subject,
        digest: { sha256: rootOf(resources) },
        ...(annotations.size > 0 && { annotations: Object.fromEntries(annotations) }),
      },
    ],
    predicateType,
    predicate: {
      serialization: {
        method,
        hash_type: algorithm,
        ...(shardBytes !== undefined && { shard_size: shardBytes }),
        allow_symlinks: allowSymlinks,
        ...(ignorePaths.length > 0 && { ignore_paths: ignorePaths }),
      },
      resources: resources.map(({ path, start, end, digest }) => ({
        name: end === undefined ? path : `${path}:${start}:${end}`,
        algorithm,
        digest,
      })),
    },
  });
}
