/** Which wheels a platform's LibTorch comes from, their sha256, and the files taken out of each. */

import { torchError } from '../errors.js';
import { libtorchVersion } from '../binding/version.js';

/** A file to take: `from` in the wheel, `to` in the set. */
export interface WheelFile {
  readonly from: string;
  readonly to: string;
}

export interface WheelPin {
  /** As pip names it. */
  readonly project: string;
  readonly version: string;
  /** The file's own name, which carries its tags. */
  readonly file: string;
  readonly sha256: string;
  /** pip's --implementation and --abi; `none` for wheels of plain libraries. */
  readonly abi: 'cp311' | 'none';
  /** pip's --platform, several where the wheel has several. */
  readonly platforms: readonly string[];
  readonly files: readonly WheelFile[];
  /** The folder of C++ headers, in the wheel that has them. */
  readonly headers?: string;
}

export interface PlatformPin {
  readonly version: string;
  readonly wheels: readonly WheelPin[];
}

const libs = (folder: string, names: readonly string[]): WheelFile[] =>
  names.map((name) => ({ from: `${folder}/${name}`, to: `lib/${name}` }));

const torch = (tag: string, sha256: string, names: readonly string[]): WheelPin => ({
  project: 'torch',
  version: libtorchVersion,
  file: `torch-${libtorchVersion}-cp311-cp311-${tag}.whl`,
  sha256,
  abi: 'cp311',
  platforms: [tag],
  files: libs('torch/lib', names),
  headers: 'torch/include',
});

/** Two libraries of CUDA's: the Linux wheels are the CUDA build, whose CPU library still names them. */
const cuda = (name: string, tag: string, sha256: string, library: string): WheelPin => ({
  project: `nvidia-cuda-${name}`,
  version: '13.2.86',
  file: `nvidia_cuda_${name}-13.2.86-py3-none-${tag}.whl`,
  sha256,
  abi: 'none',
  platforms: tag.split('.'),
  files: libs('nvidia/cu13/lib', [library]),
});

const common = ['libc10.so', 'libgomp.so.1', 'libtorch_cpu.so'];
const nvpl = ['blas_core', 'blas_lp64_gomp', 'lapack_core', 'lapack_lp64_gomp'].map((name) => `libnvpl_${name}.so.0`);
const armCompute = ['libarm_compute.so', 'libarm_compute_graph.so'];

const x64 = [
  torch('manylinux_2_28_x86_64', '48c2d861134c0b5697c7602cb5ffa68f62a2989fdcd1717e593356f67996ca1e', common),
  cuda(
    'runtime',
    'manylinux2014_x86_64.manylinux_2_17_x86_64',
    '3498247680dfddce31bad102af7e3e26fc795342a3cac64722bb0fa95e7f60f0',
    'libcudart.so.13',
  ),
  cuda(
    'cupti',
    'manylinux_2_25_x86_64',
    '8fa29f15dd8336181f961764d9d95236fc6b931dd0c8fcf8cd70aab0c310b586',
    'libcupti.so.13',
  ),
];

const arm64 = [
  torch('manylinux_2_28_aarch64', '58ce2ebfb3430941353109a85be63ee8e941da22f13daa2c43344eeb51c81e06', [
    ...common,
    ...nvpl,
    ...armCompute,
  ]),
  cuda(
    'runtime',
    'manylinux2014_aarch64.manylinux_2_17_aarch64',
    '37844957894bfdecf90243568d21a2cb251b66106915b71459a23c8e6ef2da69',
    'libcudart.so.13',
  ),
  cuda(
    'cupti',
    'manylinux_2_25_aarch64',
    'd9a5c133f73fcb9013f3ada0da6fb54d4117618d81f3f5a0419417ea6ee829d4',
    'libcupti.so.13',
  ),
];

const mac = torch('macosx_14_0_arm64', 'e808b63d616a43b326e1a5677d45a2e5babe7a8ce27edb03ddb48e7dd9b6d663', [
  'libc10.dylib',
  'libomp.dylib',
  'libtorch_cpu.dylib',
]);

const windows = torch('win_amd64', 'd2c5938f593a47cf6d151a16d130a3cc3f0c105df1b905a571efc00b01e38c1f', [
  ...['c10.dll', 'c10.lib', 'libiomp5md.dll', 'torch_cpu.dll', 'torch_cpu.lib', 'uv.dll'],
]);

/**
 * By platform triple, sha256 as served on 2026-11-22. Run are those of linux-x64; the others hold what their wheels'
 * own tables name as needed, and win32-x64 waits for a loader that knows Windows.
 */
export const pins: Readonly<Record<string, PlatformPin>> = {
  'linux-x64': { version: libtorchVersion, wheels: x64 },
  'linux-arm64': { version: libtorchVersion, wheels: arm64 },
  'darwin-arm64': { version: libtorchVersion, wheels: [mac] },
  'win32-x64': { version: libtorchVersion, wheels: [windows] },
};

/** The pins of a platform; ERR_PLATFORM_UNSUPPORTED where there are none. */
export function pinsFor(triple: string): PlatformPin {
  const pin = pins[triple];
  if (pin === undefined) {
    throw torchError(
      'ERR_PLATFORM_UNSUPPORTED',
      `No LibTorch ${libtorchVersion} is pinned for ${triple}, only for ${Object.keys(pins).join(', ')}\n` +
        '  fix: unpack a LibTorch of your own and set LIBTORCH=/path/to/it',
    );
  }
  return pin;
}
