/** `model-registry/<name>/quarantine.json`: versions whose loads have failed. */
import { isErrorCode, type ErrorCode } from '../errors.js';
import { isVersion } from './names.js';

/** One version, with the artifact that it had, whose last loads have failed. */
export interface QuarantineEntry {
  readonly version: string;
  /** Of the artifact: another one is another thing. */
  readonly sha256: string;
  /** Loads that have failed in a row. */
  readonly failures: number;
  /** So many that no load is tried any more, until an operator clears it. */
  readonly refused: boolean;
  /** Why the last of them failed. */
  readonly code: ErrorCode;
  /** The first line of what it said, without folders. A model's author may have put words into it. */
  readonly reason: string;
  /** When the last of them failed before it was refused: ISO 8601, in UTC. */
  readonly since: string;
  /** What the last of them was part of: several processes that load a version together say the same, and it counts once. */
  readonly attempt?: string;
}

/** Name of the file in a model's folder of the registry. */
export const quarantineFile = 'quarantine.json';
/** Loads that have to fail for a version to be refused, where nobody says another number. */
export const quarantineAfter = 3;
/** Entries of one name; more are forgotten, the oldest first. */
const mostEntries = 256;
const maxText = 2000;

/** The entries of a file's text. What is not of this form is left out: a file that is damaged refuses nothing. */
export function parseQuarantine(text: string): QuarantineEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const { schemaVersion, versions } = (value ?? {}) as { schemaVersion?: unknown; versions?: unknown };
  return schemaVersion === 1 && Array.isArray(versions) ? versions.filter(isEntry) : [];
}

/** The text of a file; undefined where there is nothing to say. */
export function quarantineText(entries: readonly QuarantineEntry[]): string | undefined {
  if (entries.length === 0) return undefined;
  return `${JSON.stringify({ schemaVersion: 1, versions: entries.slice(-mostEntries) }, undefined, 2)}\n`;
}

/** The entries with what a process says of one. Of processes that have counted at one time the highest number counts. */
export function withFailure(entries: readonly QuarantineEntry[], entry: QuarantineEntry): QuarantineEntry[] {
  const isSame = ({ version }: QuarantineEntry): boolean => version === entry.version;
  const before = entries.find((each) => isSame(each) && each.sha256 === entry.sha256);
  const failures = Math.max(before?.failures ?? 0, entry.failures);
  const refused = entry.refused || before?.refused === true;
  const reason = entry.reason.slice(0, maxText);
  return [...entries.filter((each) => !isSame(each)), { ...entry, failures, refused, reason }];
}

function isEntry(value: unknown): value is QuarantineEntry {
  const {
    version,
    sha256,
    failures,
    refused,
    code,
    reason,
    since,
    attempt = '',
  } = (value ?? {}) as Partial<Record<keyof QuarantineEntry, unknown>>;
  return (
    isVersion(version) &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    Number.isSafeInteger(failures) &&
    typeof refused === 'boolean' &&
    isErrorCode(code) &&
    [reason, since, attempt].every((each) => typeof each === 'string' && each.length <= maxText)
  );
}
