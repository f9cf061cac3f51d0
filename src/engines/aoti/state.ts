import type { ZipEntry } from '../../model/zip-archive.js';
import { headOf, readEntry } from '../pt2/entries.js';
import type { PackageFiles } from './package-files.js';
import { randomnessIn, randomnessInLibrary, symbolBytes, type Randomness } from './source-random.js';
import { listed, stateInSource, type PackageState } from './source-state.js';
import { writtenState } from './written-spec.js';

/**
 * Whether forward changes what later runs compute: as the exporter wrote it down, else by the wrapper's source.
 * @param written what the exporter wrote into the metadata
 */
export async function stateOf(files: PackageFiles, written: string | undefined): Promise<PackageState> {
  const mutated = written === undefined ? undefined : writtenState(written);
  if (mutated) {
    return mutated.length > 0
      ? { kind: 'kept', reason: `it changes ${listed(mutated)} when it runs` }
      : { kind: 'none', operators: [] };
  }
  if (!files.source) return { kind: 'unknown' };
  return stateInSource(await textOf(files, files.source), await operatorsOf(files));
}

/** Whether forward draws random numbers, by the wrapper's source, or by the library where there is none. */
export async function randomnessOf(files: PackageFiles): Promise<Randomness> {
  const operators = await operatorsOf(files);
  if (files.source) return randomnessIn(await textOf(files, files.source), operators);
  const [library] = files.libraries;
  return randomnessInLibrary(library ? await headOf(files.archive, library, symbolBytes) : Buffer.alloc(0), operators);
}

async function textOf({ archive }: PackageFiles, entry: ZipEntry): Promise<string> {
  return (await readEntry(archive, entry)).toString('utf8');
}

async function operatorsOf(files: PackageFiles): Promise<readonly (string | undefined)[]> {
  return files.operators ? operatorsIn(await textOf(files, files.operators)) : [];
}

/** The operators that the loader calls for the code, by their place in the list that the compiler wrote. */
function operatorsIn(json: string): readonly (string | undefined)[] {
  try {
    const { nodes } = JSON.parse(json) as { nodes: readonly { node: { target: string } }[] };
    return nodes.map(({ node: { target } }) => qualified(target));
  } catch {
    return []; // then the constants that they are given count as written to
  }
}

/** `torch.ops.aten.sort.stable` and `aten::sort.stable` are the latter; the overload `default` has no name. */
function qualified(target: string): string | undefined {
  const [, space, name, overload] = /^(?:torch\.ops\.)?(\w+)(?:\.|::)(\w+)(?:\.(\w+))?$/.exec(target) ?? [];
  if (name === undefined) return undefined;
  return `${String(space)}::${name}${overload === undefined || overload === 'default' ? '' : `.${overload}`}`;
}
