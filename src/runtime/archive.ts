import yauzl from 'yauzl';
import { describe, torchError, type TorchError } from '../errors.js';

/** Bounds on what an archive may unpack to: a 1.5 MB one was seen to take 1.6 GB. */
export interface ArchiveLimits {
  readonly entries: number;
  readonly nameBytes: number;
  /** Unpacked to packed, of one entry that is larger than a mebibyte unpacked. */
  readonly ratio: number;
  /** Unpacked bytes of all entries that are not tensors (code, pickles): they are parsed, not just read. */
  readonly codeBytes: number;
}

export const defaultArchiveLimits: ArchiveLimits = {
  entries: 10_000,
  nameBytes: 255,
  ratio: 20,
  codeBytes: 256 * 2 ** 20,
};

interface Entry {
  readonly name: string;
  readonly packed: number;
  readonly unpacked: number;
  readonly stored: boolean;
  /** Where its local header begins. */
  readonly offset: number;
}

/** The fixed part of a local header; a name and padding follow. */
const localHeaderBytes = 30;

/**
 * Reads the directory of a zip archive, without unpacking, and refuses what no exporter writes.
 * @throws ERR_MODEL_FORMAT when it is no TorchScript archive (saying what it is), ERR_UNSAFE_ARCHIVE for hostile sizes or names
 */
export async function checkTorchScriptArchive(bytes: Buffer, limits = defaultArchiveLimits): Promise<void> {
  const entries = await readDirectory(bytes, limits);
  let code = 0;
  for (const entry of entries) {
    checkEntry(entry, limits);
    if (!isTensor(entry)) code += entry.unpacked;
  }
  if (code > limits.codeBytes)
    throw unsafe(`its code and pickles unpack to ${code} bytes, more than ${limits.codeBytes}`);
  checkOverlap(entries, bytes.length);
  checkKind(entries.map(({ name }) => name));
}

/** Tensor records lie under <root>/data/ or <root>/constants/, and are stored so that they can be read in place. */
function isTensor({ name }: Entry): boolean {
  return /^[^/]+\/(data|constants)\/[0-9]+$/.test(name);
}

function checkEntry(entry: Entry, limits: ArchiveLimits): void {
  const { name, packed, unpacked, stored } = entry;
  if (Buffer.byteLength(name) > limits.nameBytes) throw unsafe('an entry has a name of more than 255 bytes');
  if (isTensor(entry) && !stored) throw unsafe(`tensor ${describe(name)} is compressed, which PyTorch never does`);
  if (stored && packed !== unpacked) throw unsafe(`entry ${describe(name)} is stored, yet its two sizes differ`);
  if (unpacked > 2 ** 20 && unpacked > packed * limits.ratio) {
    throw unsafe(`entry ${describe(name)} unpacks to more than ${limits.ratio} times its size`);
  }
}

/** Entries that share bytes are how a small file unpacks to a large one although no single entry is compressed. */
function checkOverlap(entries: readonly Entry[], fileBytes: number): void {
  let end = 0;
  for (const { name, offset, packed } of entries.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < end) throw unsafe(`entry ${describe(name)} overlaps another`);
    end = offset + localHeaderBytes + packed;
    if (end > fileBytes) throw unsafe(`entry ${describe(name)} lies beyond the end of the file`);
  }
}

function checkKind(names: readonly string[]): void {
  const root = names[0]?.split('/')[0] ?? '';
  const has = (suffix: string): boolean => names.includes(`${root}/${suffix}`);
  if (has('constants.pkl') && has('data.pkl')) return;
  if (has('data.pkl')) {
    throw format('a pickle made by torch.save (a state_dict or a whole nn.Module), which holds no code to run');
  }
  if (names.some((name) => name.endsWith('.so') || name.includes('aotinductor/'))) {
    throw format('an AOTInductor package; give it the extension .pt2');
  }
  if (names.some((name) => /(^|\/)(models\/[^/]+\.json|serialized_exported_program\.json)$/.test(name))) {
    throw format('an exported program that is not compiled');
  }
  throw format('a zip archive without a TorchScript module');
}

function readDirectory(bytes: Buffer, limits: ArchiveLimits): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    yauzl.fromBuffer(bytes, { lazyEntries: true, validateEntrySizes: true, strictFileNames: true }, (error, zip) => {
      if (error) {
        reject(format(`no zip archive (${error.message})`));
        return;
      }
      if (zip.entryCount > limits.entries) {
        reject(unsafe(`it has ${zip.entryCount} entries, more than ${limits.entries}`));
        return;
      }
      const entries: Entry[] = [];
      const seen = new Set<string>();
      zip.on('entry', (entry: yauzl.Entry) => {
        const { fileName: name, compressedSize: packed, uncompressedSize: unpacked } = entry;
        const offset = entry.relativeOffsetOfLocalHeader;
        if (seen.has(name)) {
          reject(unsafe(`entry ${describe(name)} is there twice`));
          return;
        }
        seen.add(name);
        entries.push({ name, packed, unpacked, stored: entry.compressionMethod === 0, offset });
        zip.readEntry();
      });
      zip.on('end', () => {
        resolve(entries);
      });
      zip.on('error', (fault: Error) => {
        reject(unsafe(`reading its directory failed: ${describe(fault.message)}`));
      });
      zip.readEntry();
    });
  });
}

function format(what: string): TorchError {
  return torchError(
    'ERR_MODEL_FORMAT',
    `Expected a TorchScript file but received ${what}; export the model with torch.jit.script(model).save(path) or torch.jit.trace`,
  );
}

function unsafe(why: string): TorchError {
  return torchError('ERR_UNSAFE_ARCHIVE', `Expected an archive as PyTorch writes it, but ${why}`);
}
