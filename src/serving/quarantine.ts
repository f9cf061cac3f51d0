/** Versions whose load has failed again and again: they are refused until an operator clears them. */
import { basename } from 'node:path';
import { errorTable, TorchError, torchError, type ErrorCode } from '../errors.js';
import { withoutFolders } from '../files/without-folders.js';
import type { LockLimits } from '../registry/index.js';
import { quarantineAfter, type QuarantineEntry } from '../registry/quarantine.js';
import { lastSaid } from './catalogue.js';
import type { Found } from './load-served.js';

/** A version that is refused. */
export interface Quarantined extends QuarantineEntry {
  readonly model: string;
}

/** What a registry keeps of it. One that somebody else has made, or that cannot be written, keeps nothing. */
export interface QuarantineKeeper {
  /** Versions whose loads have failed, also those that are not refused yet. */
  loadFailures?(name: string): Promise<readonly QuarantineEntry[]>;
  noteLoadFailure?(name: string, entry: QuarantineEntry, limits: LockLimits): Promise<void>;
  clearQuarantine?(name: string, version?: string, limits?: LockLimits): Promise<readonly QuarantineEntry[]>;
}

interface Known {
  readonly model: string;
  readonly entry: QuarantineEntry;
  /** The registry has it: what an operator clears there is cleared here. */
  readonly isKept: boolean;
}

/** Versions that are remembered; more are forgotten, the oldest first. */
const mostKnown = 1024;
/** Characters of a reason: it is told in one line. */
const mostReason = 300;
/** Another writer of the registry holds a load up for no longer. */
const lockTimeoutMs = 2000;

export class Quarantine {
  readonly #limit: number;
  readonly #keeper: () => Promise<QuarantineKeeper | undefined>;
  readonly #known = new Map<string, Known>();

  /**
   * @param limit loads that fail in a row; false: any number
   * @param keeper what remembers it beyond this process
   */
  constructor(limit: number | false | undefined, keeper: () => Promise<QuarantineKeeper | undefined>) {
    this.#limit = limit === false ? Infinity : (limit ?? quarantineAfter);
    this.#keeper = keeper;
  }

  /**
   * @param attempt what several processes make together: one of them may have failed already, and that refuses none of the rest
   * @throws ERR_QUARANTINED
   */
  async require(found: Found, attempt?: string): Promise<void> {
    const entry = await this.#look(found);
    if (entry && this.#isRefused(entry) && !isOf(entry, attempt)) throw quarantined(found, entry);
  }

  /**
   * A load has failed. Only what is the artifact's own fault counts: another try would end like it.
   * @param attempt counts once, however many processes say it. Default: each load is one
   */
  async failed(found: Found, error: unknown, attempt?: string): Promise<void> {
    const { name, version, record, source } = found;
    if (!record || this.#limit === Infinity || !isOwnFault(error)) return;
    const { load = {}, warmup } = source.options;
    // What the caller says of the artifact, or gives as its example, may be the caller's fault.
    if (load.sha256 !== undefined && load.sha256 !== record.artifact.sha256) return;
    if (isRun(error) && warmup && warmup.example !== undefined) return;
    const before = this.#known.get(keyOf(found))?.entry;
    const failures = (before?.failures ?? 0) + (isOf(before, attempt) ? 0 : 1);
    const now = new Date().toISOString();
    const since = failures <= this.#limit ? now : (before?.since ?? now);
    const entry = {
      version,
      sha256: record.artifact.sha256,
      failures,
      refused: failures >= this.#limit,
      code: error.code,
      reason: reasonOf(error, found),
      since,
      ...(attempt !== undefined && { attempt }),
    };
    let isKept = false;
    try {
      const keeper = await this.#keeper();
      await keeper?.noteLoadFailure?.(name, entry, { lockTimeoutMs });
      isKept = keeper?.noteLoadFailure !== undefined;
    } catch {
      // A registry that cannot be written: this process remembers it.
    }
    this.#remember(found, { model: name, entry, isKept });
  }

  /** A load went well: the next failure is the first. */
  async succeeded(found: Found): Promise<void> {
    const known = this.#known.get(keyOf(found));
    if (!known) return;
    this.#known.delete(keyOf(found));
    if (known.isKept) await this.#clearKept(found.name, found.version, { lockTimeoutMs }).catch(() => undefined);
  }

  /** Those that are refused, as this process knows them. */
  list(): readonly Quarantined[] {
    return [...this.#known.values()].flatMap(({ model, entry }) => (this.#isRefused(entry) ? { model, ...entry } : []));
  }

  /**
   * The next load is tried again.
   * @returns whether anything was known
   * @throws ERR_STORAGE and its kin where the registry remembers it and cannot be written
   */
  async clear(name: string, version: string | undefined): Promise<boolean> {
    const kept = await this.#clearKept(name, version);
    let isCleared = kept.length > 0;
    for (const [key, { model, entry }] of this.#known) {
      if (model !== name || (version ?? entry.version) !== entry.version) continue;
      this.#known.delete(key);
      isCleared = true;
    }
    return isCleared;
  }

  async #clearKept(
    name: string,
    version: string | undefined,
    limits?: LockLimits,
  ): Promise<readonly QuarantineEntry[]> {
    const keeper = await this.#keeper();
    return (await keeper?.clearQuarantine?.(name, version, limits)) ?? [];
  }

  /** What is known of a version and its digest. The registry's word counts, where it has one. */
  async #look(found: Found): Promise<QuarantineEntry | undefined> {
    const { name, version, record } = found;
    if (!record || this.#limit === Infinity) return undefined;
    const { sha256 } = record.artifact;
    const key = keyOf(found);
    try {
      const kept = await (await this.#keeper())?.loadFailures?.(name);
      const entry = kept?.find((each) => each.version === version && each.sha256 === sha256);
      if (entry) this.#remember(found, { model: name, entry, isKept: true });
      else if (kept && this.#known.get(key)?.isKept) this.#known.delete(key);
    } catch {
      // What it says is not readable: what is remembered here counts.
    }
    return this.#known.get(key)?.entry;
  }

  #isRefused({ refused, failures }: QuarantineEntry): boolean {
    return refused || failures >= this.#limit;
  }

  #remember(found: Found, known: Known): void {
    const key = keyOf(found);
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size <= mostKnown) return;
    const [oldest] = this.#known.keys() as Iterable<string>;
    this.#known.delete(oldest as string);
  }
}

function isOf(entry: QuarantineEntry | undefined, attempt: string | undefined): boolean {
  return attempt !== undefined && entry?.attempt === attempt;
}

/** Another digest is another thing. */
function keyOf({ name, version, record }: Found): string {
  return `${name} ${version} ${record?.artifact.sha256 ?? ''}`;
}

/** Codes that say of an artifact that it is at fault, wherever and whenever it is loaded. */
const ownFaults: ReadonlySet<ErrorCode> = new Set([
  'ERR_MODEL_LOAD',
  'ERR_MODEL_FORMAT',
  'ERR_UNSAFE_ARCHIVE',
  'ERR_INTEGRITY',
  'ERR_SIGNATURE_MISMATCH',
  'ERR_OPERATOR_NOT_FOUND',
  'ERR_MODEL_EXECUTION',
  'ERR_BAD_OUTPUT',
]);

function isOwnFault(error: unknown): error is TorchError {
  return error instanceof TorchError && ownFaults.has(error.code) && !isOfSystem(error);
}

function isRun(error: unknown): boolean {
  return error instanceof TorchError && errorTable[error.code].family === 'execution';
}

/** A file that is not there or cannot be read, no descriptor, no room: another try may go well. */
function isOfSystem(error: unknown): boolean {
  for (let each = error, depth = 0; each instanceof Object && depth < 8; depth++) {
    const { code, cause, message } = each as { code?: unknown; cause?: unknown; message?: unknown };
    if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return true;
    if (typeof message === 'string' && message.includes('No such file')) return true;
    each = cause;
  }
  return false;
}

/** What the error itself says, since its code says little: the first line, of paths the name of the file alone. */
function reasonOf({ message, title }: TorchError, { path }: Found): string {
  const [line = ''] = message.split('\n', 1);
  // A path with a space in it looks like two.
  return withoutFolders(line.replaceAll(path, basename(path)).slice(0, 2000)).slice(0, mostReason) || title;
}

function quarantined(found: Found, { sha256, failures, since, code, reason }: QuarantineEntry): TorchError {
  const { name, version } = found;
  return torchError(
    'ERR_QUARANTINED',
    `Expected a version that loads but ${name} ${version} (sha256:${sha256}) is in quarantine since ${since}, after ${failures} ` +
      `failed loads (${code}); node-libtorch registry clear ${name}@${version} takes it out.${lastSaid}${reason}`,
  );
}
