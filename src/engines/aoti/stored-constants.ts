/** Constants that lie beside a package's library: raw bytes with a list of what they are, or pickles, which are never read. */

import { join } from 'node:path';
import { torchError } from '../../errors.js';
import type { ZipEntry } from '../../model/zip-archive.js';
import type { DType } from '../../tensor/dtype.js';
import { readEntry } from '../pt2/entries.js';
import type { PackageFiles } from './package-files.js';

/** A constant as raw bytes of an entry. */
interface StoredConstant {
  /** The constant's own, or that of the module's state. */
  readonly name: string;
  /** Of the entry, below the package's folder. */
  readonly path: string;
  readonly bytes: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** In elements, as `offset`. */
  readonly strides: readonly number[];
  readonly offset: number;
}

export interface StoredConstants {
  readonly constants: readonly StoredConstant[];
  /** Names of those that are pickled. */
  readonly pickled: readonly string[];
}

/** As torch/_export/serde/schema.py numbers them. */
const dtypes: Readonly<Record<number, DType>> = {
  1: 'uint8',
  2: 'int8',
  3: 'int16',
  4: 'int32',
  5: 'int64',
  6: 'float16',
  7: 'float32',
  8: 'float64',
  12: 'bool',
  13: 'bfloat16',
  28: 'uint16',
  34: 'uint32',
  35: 'uint64',
};

/** As the list says it; nothing of it is trusted. */
interface Payload {
  readonly path_name?: unknown;
  readonly use_pickle?: unknown;
  readonly tensor_meta?: {
    readonly dtype?: unknown;
    readonly sizes?: unknown;
    readonly strides?: unknown;
    readonly storage_offset?: unknown;
  } | null;
}

/** @throws ERR_MODEL_FORMAT for lists that PyTorch does not write */
export async function readStoredConstants({ archive, model, files, source }: PackageFiles): Promise<StoredConstants> {
  const constants: StoredConstant[] = [];
  const pickled: string[] = [];
  for (const [path, entry] of files) {
    const [, folder, program] =
      /^(data\/(?:weights|constants)\/)(.+)_(?:weights|constants)_config\.json$/.exec(path) ?? [];
    // Pickles: [file, shape, strides, offset] by name.
    if (path === `data/aotinductor/${model}/weights_config.json`) {
      pickled.push(...Object.keys(await parsed(path, readEntry(archive, entry))));
    }
    if (folder === undefined || (program !== model && hasOwn(files, folder, model))) continue;
    const { config } = (await parsed(path, readEntry(archive, entry))) as {
      config?: Readonly<Record<string, Payload>>;
    };
    for (const [name, payload] of Object.entries(config ?? {})) {
      const file = `${folder}${String(payload.path_name)}`;
      const stored = files.get(file);
      if (payload.use_pickle !== false) pickled.push(name);
      else if (stored) constants.push(toConstant(name, file, stored, payload));
    }
  }
  if (constants.length > 0 && source) checkShapes(constants, (await readEntry(archive, source)).toString('utf8'));
  return { constants, pickled };
}

/** The library says of its constants how many bytes they have; only the wrapper's source says their sizes and strides. */
function checkShapes(constants: readonly StoredConstant[], source: string): void {
  const members = new Map<string, Record<string, string>>();
  for (const [, index, member, value] of source.matchAll(
    /constants_info_\[(\d+)\]\.(name|original_fqn|shape|stride) = ["{]([^"}\n]*)["}];/g,
  )) {
    const info = members.get(String(index)) ?? {};
    info[String(member)] = String(value).replaceAll(' ', '').replace(/,$/, '');
    members.set(String(index), info);
  }
  const wanted = new Map<string, Record<string, string>>();
  for (const info of members.values())
    for (const name of [info.original_fqn, info.name]) if (name !== undefined) wanted.set(name, info);
  const wrongOnes = constants.flatMap(({ name, shape, strides }) => {
    const info = wanted.get(name);
    if (info?.shape === undefined || info.stride === undefined) return [];
    if (info.shape === shape.join(',') && info.stride === strides.join(',')) return [];
    return [
      `${name} (sizes [${shape.join()}] and strides [${strides.join()}] instead of [${info.shape}] and [${info.stride}])`,
    ];
  });
  if (wrongOnes.length === 0) return;
  throw torchError(
    'ERR_MODEL_FORMAT',
    `Expected a package that holds the constants its code was compiled for but has other ones: ${wrongOnes.slice(0, 8).join(', ')}; package both anew`,
  );
}

/** The native side's form of them, once they are unpacked. */
export function nativeConstants({ constants }: StoredConstants, folder: string) {
  return constants.map(({ path, ...constant }) => ({ ...constant, file: join(folder, path) }));
}

/** The list of the program that has the model's name, where there are several. */
function hasOwn(files: PackageFiles['files'], folder: string, model: string): boolean {
  return files.has(`${folder}${model}_weights_config.json`) || files.has(`${folder}${model}_constants_config.json`);
}

function toConstant(
  name: string,
  path: string,
  { unpacked }: ZipEntry,
  { tensor_meta: meta }: Payload,
): StoredConstant {
  const dtype = dtypes[Number(meta?.dtype)];
  if (dtype === undefined) throw wrong(`the dtype of ${name}`);
  const [shape, strides] = [integers(meta?.sizes), integers(meta?.strides)];
  const [offset] = integers([meta?.storage_offset]) ?? [];
  if (!shape || strides?.length !== shape.length || offset === undefined) throw wrong(`the shape of ${name}`);
  return { name, path, bytes: unpacked, dtype, shape, strides, offset };
}

function integers(list: unknown): number[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const numbers = list.map((item: unknown) => (Object(item) as { as_int?: unknown }).as_int);
  return numbers.every((size) => Number.isSafeInteger(size) && (size as number) >= 0 && (size as number) <= 2 ** 40)
    ? (numbers as number[])
    : undefined;
}

async function parsed(path: string, bytes: Promise<Buffer>): Promise<object> {
  try {
    const value = JSON.parse((await bytes).toString('utf8')) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw wrong(path);
}

function wrong(what: string) {
  return torchError(
    'ERR_MODEL_FORMAT',
    `Expected the list of the package's weights to be PyTorch's but cannot read ${what}`,
  );
}
