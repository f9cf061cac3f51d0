import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformPin } from '#dist/libtorch/fetch/pins.js';
import type { WheelPin } from '#dist/libtorch/fetch/wheel-pin.js';
import { zip, type ZipEntry } from './zip.js';

/** A folder of small wheels that real pip fetches from, a cache beside it, and the pins that describe them. */
export interface FakeIndex extends AsyncDisposable {
  readonly folder: string;
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  readonly pin: PlatformPin;
  /** The set's folder. */
  readonly set: string;
  /** Where a wheel's file lies in the index. */
  path(wheel: number): string;
  /** Takes every wheel away, so that a fetch can only fail. */
  empty(): Promise<void>;
}

export const triple = 'linux-x64';

export const contents = {
  'torch/lib/libtorch_cpu.so': 'torch '.repeat(5000),
  'torch/lib/libc10.so': 'c10',
  'torch/lib/libtorch_cuda.so': 'not wanted',
  'torch/include/ATen/ATen.h': '#pragma once\n',
  'torch/include/torch/script.h': '#pragma once // script\n',
  'nvidia/lib/libcudart.so.13': 'cudart',
} as const;

const entry = (name: keyof typeof contents, mode = 0o755): ZipEntry => ({ name, data: contents[name], mode });

export async function fakeIndex(): Promise<FakeIndex> {
  const root = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
  const [folder, cache] = [join(root, 'index'), join(root, 'cache')];
  await mkdir(folder);
  // Hides a torch that this machine's Python may have.
  await mkdir(join(root, 'python/torch'), { recursive: true });
  await writeFile(join(root, 'python/torch/__init__.py'), '');
  const torch = await wheel(folder, 'torch', 'cp311-cp311-manylinux_2_28_x86_64', [
    entry('torch/lib/libtorch_cpu.so'),
    entry('torch/lib/libc10.so'),
    entry('torch/lib/libtorch_cuda.so'),
    entry('torch/include/ATen/ATen.h', 0o644),
    entry('torch/include/torch/script.h', 0o644),
  ]);
  const cudart = await wheel(folder, 'nvidia-cuda-runtime', 'py3-none-manylinux_2_28_x86_64', [
    entry('nvidia/lib/libcudart.so.13'),
  ]);
  const pin: PlatformPin = {
    version: '2.15.0',
    triple,
    kind: 'cpu',
    wheels: [
      {
        ...torch,
        abi: 'cp311',
        files: [
          { from: 'torch/lib/libc10.so', to: 'lib/libc10.so' },
          { from: 'torch/lib/libtorch_cpu.so', to: 'lib/libtorch_cpu.so' },
        ],
        headers: 'torch/include',
      },
      { ...cudart, abi: 'none', files: [{ from: 'nvidia/lib/libcudart.so.13', to: 'lib/libcudart.so.13' }] },
    ],
  };
  return {
    folder,
    cache,
    pin,
    env: {
      ...process.env,
      LIBTORCH: '',
      NODE_LIBTORCH_CACHE: cache,
      PYTHONPATH: join(root, 'python'),
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: folder,
    },
    set: join(cache, `libtorch-2.15.0-${triple}-cpu`),
    path: (number) => join(folder, pin.wheels[number]!.file),
    empty: async () => {
      await rm(folder, { recursive: true });
      await mkdir(folder);
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

async function wheel(
  folder: string,
  project: string,
  tag: string,
  files: ZipEntry[],
): Promise<Omit<WheelPin, 'abi' | 'files'>> {
  const name = project.replaceAll('-', '_');
  const info = `${name}-2.15.0.dist-info`;
  const bytes = zip([
    ...files,
    { name: `${info}/METADATA`, data: `Metadata-Version: 2.1\nName: ${project}\nVersion: 2.15.0\n` },
    { name: `${info}/WHEEL`, data: `Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: ${tag}\n` },
    { name: `${info}/licenses/LICENSE`, data: `The licence of ${project}\n` },
    { name: `${info}/RECORD`, data: '' },
  ]);
  const file = `${name}-2.15.0-${tag}.whl`;
  await writeFile(join(folder, file), bytes);
  const platform = tag.split('-').at(-1)!;
  return {
    project,
    version: '2.15.0',
    file,
    platforms: [platform],
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}
