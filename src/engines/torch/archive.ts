import { Turns } from '../../async/turns.js';
import { describe, torchError, type TorchError } from '../../errors.js';
import { exportCommands } from '../../model/export-advice.js';
import { archiveKind, torchScriptArchive } from '../../model/archive-kind.js';
import { fileKind, fileKindBytes } from '../../model/file-kind.js';
import type { ExtraFile } from '../../model/info.js';
import { defaultArchiveLimits, unsafe, ZipArchive, type ZipEntry } from '../../model/zip-archive.js';
import { CodeDepth } from './code-depth.js';
import { readExtraFiles, readNotes, type WrittenNotes } from './extra-files.js';
import { pickleDepth } from './pickle-depth.js';

/** What an archive holds beside the model. */
export interface CheckedArchive {
  readonly extraFiles: readonly ExtraFile[];
  readonly notes: WrittenNotes;
}

/** Of code, types and pickled values. Real models have less than 50; LibTorch ends the process some way above this. */
const maxNesting = 500;

/**
 * Reads the directory of a zip archive and how deeply its code nests, without unpacking the weights, and refuses what no
 * exporter writes.
 * @throws ERR_MODEL_FORMAT when it is no TorchScript archive (saying what it is), ERR_UNSAFE_ARCHIVE for hostile sizes, names
 * and nesting
 */
export async function checkTorchScriptArchive(bytes: Buffer, limits = defaultArchiveLimits): Promise<CheckedArchive> {
  const noZip = (reason: string): TorchError => {
    const kind = fileKind(bytes.subarray(0, fileKindBytes), bytes.length);
    if (kind === undefined) return format(`no zip archive (${reason})`);
    return notThis(kind.what.includes('zip') ? `${kind.what} (${reason})` : kind.what, kind.advice);
  };
  let code = 0;
  const archive = await ZipArchive.open(bytes, noZip, limits, (entry) => {
    if (!isTensor(entry)) code += entry.unpacked;
    else if (!entry.stored) throw unsafe(`tensor ${describe(entry.name)} is compressed, which PyTorch never does`);
  });
  if (code > limits.codeBytes)
    throw unsafe(`its code and pickles unpack to ${code} bytes, more than ${limits.codeBytes}`);
  checkKind(archive.entries.map(({ name }) => name));
  const turns = new Turns();
  for (const entry of archive.entries) await checkNesting(archive, entry, turns);
  return { extraFiles: await readExtraFiles(archive), notes: await readNotes(archive) };
}

/** Tensor records lie under <root>/data/ or <root>/constants/, and are stored so that they can be read in place. */
function isTensor({ name }: ZipEntry): boolean {
  return /^[^/]+\/(data|constants)\/[0-9]+$/.test(name);
}

async function checkNesting(archive: ZipArchive, entry: ZipEntry, turns: Turns): Promise<void> {
  const isCode = /^[^/]+\/code\/.*\.py$/.test(entry.name);
  const isPickle = /^[^/]+\/(data|constants)\.pkl$/.test(entry.name);
  if (!isCode && !isPickle) return;
  const file = await archive.pieces(entry);
  const depth = await (isCode ? CodeDepth.of(file, maxNesting, turns) : pickleDepth(file, maxNesting, turns));
  if (depth <= maxNesting) return;
  throw unsafe(
    `entry ${describe(entry.name)} nests deeper than ${maxNesting} levels, on which LibTorch would end the process`,
  );
}

function checkKind(names: readonly string[]): void {
  const kind = archiveKind(names);
  if (kind === torchScriptArchive) return;
  if (!kind) throw format('a zip archive without a TorchScript module');
  if (kind.advice === undefined) throw format(kind.what);
  throw notThis(kind.what, kind.advice);
}

function notThis(what: string, advice: string): TorchError {
  return torchError('ERR_MODEL_FORMAT', `Expected a TorchScript file but received ${what}; ${advice}`);
}

function format(what: string): TorchError {
  return notThis(what, `export the model: ${exportCommands}`);
}
