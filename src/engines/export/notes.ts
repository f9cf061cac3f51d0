import { mostNoteBytes } from '../../model/notes.js';
import type { ExportedPackage } from './package.js';
import type { ProgramNames } from './program.js';

/** As scripts/export/node_libtorch_export.py writes it; nothing of it is trusted. */
interface Notes {
  /** Names of Dim, by symbol. */
  readonly symbols?: unknown;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
}

const mostLength = 256;

/** What the exporter has written of names beside the program: nothing where there is nothing, or something else. */
export function namesIn({ notes }: ExportedPackage, bytes: Buffer): ProgramNames {
  if (!notes || notes.size > mostNoteBytes) return {};
  try {
    const written = JSON.parse(bytes.toString('utf8', notes.offset, notes.offset + notes.size)) as Notes;
    const { symbols, inputs, outputs } = Object(written) as Notes;
    return { symbols: symbolNames(symbols), inputs: listOfNames(inputs), outputs: listOfNames(outputs) };
  } catch {
    return {};
  }
}

function symbolNames(symbols: unknown): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(Object(symbols) as Record<string, unknown>).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && /^[A-Za-z_]\w{0,63}$/.test(entry[1]),
  );
  return isUnique(entries.map(([, name]) => name)) ? Object.fromEntries(entries) : undefined;
}

function listOfNames(names: unknown): readonly string[] | undefined {
  if (!Array.isArray(names) || !names.every(isName)) return undefined;
  return isUnique(names) ? names : undefined;
}

const isName = (name: unknown): name is string =>
  typeof name === 'string' && name.length > 0 && name.length <= mostLength;

/** Two symbols of one name would have to be equal, and two inputs of one could not be told apart. */
function isUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
