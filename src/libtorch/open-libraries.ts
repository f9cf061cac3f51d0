/** Opens the first LibTorch that can be opened, through loader.node. */

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { torchError } from '../errors.js';
import { readManifest } from './find/cache.js';
import { isTruncatedElf } from './elf.js';
import type { LibtorchSet, LibtorchSource } from './find/libtorch-set.js';
import { usable } from './find/locate.js';
import { remedies } from './remedies.js';

/** What loader.node exports. */
export interface Loader {
  /** The LibTorch version that the addon was compiled against. */
  readonly torchVersion: string;
  open(request: NativeRequest): Promise<NativeOutcome>;
  /** Locks an open file for its holder: 0, -1 where somebody else has it, or the system's error number. */
  tryLock(fd: number): number;
}

interface NativeRequest {
  readonly env: Readonly<Record<string, string>>;
  readonly libraries: readonly string[];
  readonly optional: readonly string[];
  /** Opened last, unless a libtorch.so is loaded by then. */
  readonly stub?: string;
  readonly description: string;
}

/** Of the first request that succeeded in this process, in any of its threads. */
interface NativeOutcome {
  readonly description: string;
  readonly optionalFailure?: string;
}

interface LoadFailure extends Error {
  readonly code: 'ERR_LIBTORCH_LOAD';
  readonly file: string;
  /** A part of it stayed in the process, so another LibTorch must not be tried. */
  readonly stuck: boolean;
}

export interface OpenRequest {
  readonly env: Readonly<Record<string, string>>;
  readonly version: string;
  /** An empty library with the soname that compiled packages ask for. */
  readonly stub: string | undefined;
}

/** Why CUDA cannot be used, for an error. */
interface CudaProblem {
  readonly what: string;
  readonly fix: string;
}

export interface LoadedLibraries {
  readonly version: string;
  /** The folder of its libraries. */
  readonly path: string;
  readonly source: LibtorchSource;
  /** Its CUDA libraries are open. That does not mean that there is a device. */
  readonly cuda: boolean;
  /** Why they are not, and which other LibTorch could not be opened. */
  readonly warnings: readonly string[];
  /** Undefined when CUDA's libraries are open, or no LibTorch with CUDA was found. */
  readonly cudaProblem?: CudaProblem;
}

export async function openLibraries(loader: Loader, request: OpenRequest): Promise<LoadedLibraries> {
  const passedOver: Warning[] = [];
  for (const set of usable({ version: request.version })) {
    try {
      checkWhole(set);
      return loadedLibraries(await loader.open(nativeRequest(set, request, passedOver)));
    } catch (error) {
      passedOver.push(passOver(set, error));
    }
  }
  throw torchError('ERR_INTERNAL', 'Expected usable() to end with an error');
}

function nativeRequest(set: LibtorchSet, request: OpenRequest, passedOver: readonly Warning[]): NativeRequest {
  const { version, libDir: path, source } = set;
  const unfit = unfitForCuda(set);
  const cuda = set.hasCuda && unfit === undefined;
  const warnings = [...passedOver, ...(unfit === undefined ? [] : [unfit])];
  const cudaProblem = cuda ? undefined : warnings.at(-1)?.cudaProblem;
  const description = {
    ...{ version, path, source, cuda, warnings: warnings.map(({ text }) => text) },
    ...(cudaProblem !== undefined && { cudaProblem }),
  };
  return {
    env: request.env,
    libraries: set.libraries,
    optional: cuda ? set.cudaLibraries : [],
    ...(request.stub !== undefined && { stub: request.stub }),
    description: JSON.stringify(description satisfies LoadedLibraries),
  };
}

interface Warning {
  readonly text: string;
  readonly cudaProblem: CudaProblem;
}

/** Why the CUDA libraries of a set must not be opened; undefined if they may be, or if it has none. */
export function unfitForCuda(set: LibtorchSet, hasDevice = hasNvidiaDevice()): Warning | undefined {
  if (!set.hasCuda) return undefined;
  if (!hasDevice) return unusableCuda('its CUDA libraries were not opened: this machine shows no NVIDIA device');
  const file = set.cudaLibraries.find(isTruncatedElf);
  if (file === undefined) return undefined;
  const { fix } = damaged(set);
  return unusableCuda(`its CUDA libraries were not opened: ${file}: the file is truncated (fix: ${fix})`, fix);
}

function unusableCuda(text: string, fix: string = remedies.noDevice): Warning {
  return { text, cudaProblem: { what: 'CUDA cannot be used', fix } };
}

/** @throws LoadFailure naming the first library that is truncated */
function checkWhole({ libraries }: LibtorchSet): void {
  const file = libraries.find(isTruncatedElf);
  if (file === undefined) return;
  const failure = { code: 'ERR_LIBTORCH_LOAD', file, stuck: false } as const;
  throw Object.assign(new Error('the file is truncated'), failure) satisfies LoadFailure;
}

function loadedLibraries({ description, optionalFailure }: NativeOutcome): LoadedLibraries {
  const set = JSON.parse(description) as LoadedLibraries;
  if (optionalFailure === undefined) return set;
  const { text, cudaProblem } = unusableCuda(
    `its CUDA libraries could not be opened, so it computes on the CPU: ${optionalFailure}`,
  );
  return { ...set, cuda: false, warnings: [...set.warnings, text], cudaProblem };
}

/** The warning about a set with CUDA that is not used. @throws ERR_LIBTORCH_LOAD where taking another one would be wrong */
export function passOver(set: LibtorchSet, error: unknown): Warning {
  const failure = error as LoadFailure;
  if (failure.code !== 'ERR_LIBTORCH_LOAD') throw error;
  const what = `LibTorch ${set.version} in ${set.libDir} (${set.source}) could not be opened: ${failure.file}: ${failure.message}`;
  // The user named it, or a part of it is in the process already: another one must not take its place.
  if (set.source === 'LIBTORCH' || failure.stuck || !set.hasCuda) {
    throw torchError('ERR_LIBTORCH_LOAD', `${what}\n${fixFor(set, failure)}`, { cause: error });
  }
  const fix = `${remedies.damagedSet('cuda', set.version)}, or ${remedies.noCuda()}`;
  return { text: what, cudaProblem: { what: 'the LibTorch with CUDA could not be opened', fix } };
}

function fixFor(set: LibtorchSet, { message }: LoadFailure): string {
  // Windows does not say which one, and ours are opened one by one: it is Microsoft's runtime that is missing.
  if (/module could not be found/i.test(message)) return `  fix: ${remedies.noVisualCppRuntime}`;
  const { fix, files } = damaged(set);
  const missing = /^([^:/ ]+): cannot open shared object file/.exec(message)?.[1];
  // A library that none of our sets holds belongs to the system.
  if (missing !== undefined && !files.includes(`lib/${missing}`))
    return `  fix: put ${missing} into ${set.libDir}, or take another LibTorch (LIBTORCH=/path)`;
  return `  fix: ${fix}`;
}

/** How to repair a set, and the files that it should have, if they are known. */
function damaged({ source, libDir, version }: LibtorchSet): { fix: string; files: readonly string[] } {
  const folder = dirname(libDir);
  const manifest = readManifest(folder);
  const files = Object.keys(manifest?.files ?? {});
  if (source === 'package') return { fix: remedies.damagedPackage(folder), files };
  if (source === 'cache' || source === 'setup')
    return { fix: remedies.damagedSet(manifest?.kind ?? 'cpu', version), files };
  return { fix: 'take another LibTorch (LIBTORCH=/path)', files };
}

/** Looks for the driver's device nodes: on bare metal and in containers, under WSL, on Tegra. */
function hasNvidiaDevice(): boolean {
  return ['/dev/nvidiactl', '/dev/dxg', '/dev/nvmap'].some((node) => existsSync(node));
}
