import { buffer } from 'node:stream/consumers';
import { hasCode, torchError, type TorchError } from '../errors.js';
import { ZipArchive } from './zip-archive.js';
import type { Value } from '../tensor/value.js';
import { parseNpy } from '../tensor/npy.js';

/** Of a file that a person gives on the command line: deflate packs a thousand to one at most. */
const limits = { entries: 10_000, nameBytes: 255, ratio: 1100, codeBytes: Infinity };
const mostBytes = 2 ** 31;

/** The arrays of a .npz file by their names, as `numpy.savez` writes them. @throws ERR_INVALID_INPUT */
export async function parseNpz(file: Buffer): Promise<Readonly<Record<string, Value>>> {
  try {
    const zip = await ZipArchive.open(file, invalid, limits);
    const total = zip.entries.reduce((sum, { unpacked }) => sum + unpacked, 0);
    if (total > mostBytes) throw invalid(`it has more than ${mostBytes} bytes unpacked`);
    const arrays: [string, Value][] = [];
    for (const entry of zip.entries) {
      if (!entry.name.endsWith('.npy')) throw invalid('not every entry in it is a .npy file');
      arrays.push([entry.name.slice(0, -'.npy'.length), parseNpy(await buffer(await zip.stream(entry)))]);
    }
    return Object.fromEntries(arrays);
  } catch (error) {
    if (hasCode(error, 'ERR_INVALID_INPUT')) throw error;
    throw invalid((error as Error).message);
  }
}

function invalid(reason: string): TorchError {
  return torchError('ERR_INVALID_INPUT', `Expected a .npz file as NumPy writes it but ${reason}`);
}
