/** Which wheels a platform's LibTorch comes from, their sha256, and the files taken out of each. */

import type { SetKind } from '../find/cache.js';
import { torchError } from '../../errors.js';
import { libtorchVersion } from '../version.js';
import { nvidiaWheels, torchCudaLibraries } from './cuda-pins.js';

import { libraries, wheel, type Served, type WheelPin } from './wheel-pin.js';

export interface PlatformPin {
  readonly version: string;
  readonly triple: string;
  readonly kind: SetKind;
  readonly wheels: readonly WheelPin[];
}

const torch = (served: Served, names: readonly string[]): WheelPin => ({
  ...wheel('torch', served, libraries('torch/lib', names)),
  headers: 'torch/include',
});

/** Two of CUDA's libraries. The Linux wheels are the CUDA build, and even its CPU library needs them. */
const cudaRuntime = (served: Served): WheelPin =>
  wheel('nvidia-cuda-runtime', served, libraries('nvidia/cu13/lib', ['libcudart.so.13']));
const cudaProfiler = (served: Served): WheelPin =>
  wheel('nvidia-cuda-cupti', served, libraries('nvidia/cu13/lib', ['libcupti.so.13']));

const torchX64: Served = [
  'torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl',
  539136850,
  '48c2d861134c0b5697c7602cb5ffa68f62a2989fdcd1717e593356f67996ca1e',
];
const common = ['libc10.so', 'libgomp.so.1', 'libtorch_cpu.so'];
const cudaX64 = [
  cudaRuntime([
    'nvidia_cuda_runtime-13.2.86-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    2323576,
    '3498247680dfddce31bad102af7e3e26fc795342a3cac64722bb0fa95e7f60f0',
  ]),
  cudaProfiler([
    'nvidia_cuda_cupti-13.2.86-py3-none-manylinux_2_25_x86_64.whl',
    11988600,
    '8fa29f15dd8336181f961764d9d95236fc6b931dd0c8fcf8cd70aab0c310b586',
  ]),
];
/** The oldest release that the sources compile against. CUDA's minor versions are compatible. */
const torch211X64: Served = [
  'torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl',
  530604548,
  '7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a',
];

const nvpl = ['blas_core', 'blas_lp64_gomp', 'lapack_core', 'lapack_lp64_gomp'].map((name) => `libnvpl_${name}.so.0`);
const armCompute = ['libarm_compute.so', 'libarm_compute_graph.so'];
const arm64 = [
  torch(
    [
      'torch-2.15.0-cp311-cp311-manylinux_2_28_aarch64.whl',
      483605887,
      '58ce2ebfb3430941353109a85be63ee8e941da22f13daa2c43344eeb51c81e06',
    ],
    [...common, ...nvpl, ...armCompute],
  ),
  cudaRuntime([
    'nvidia_cuda_runtime-13.2.86-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl',
    2341433,
    '37844957894bfdecf90243568d21a2cb251b66106915b71459a23c8e6ef2da69',
  ]),
  cudaProfiler([
    'nvidia_cuda_cupti-13.2.86-py3-none-manylinux_2_25_aarch64.whl',
    11760263,
    'd9a5c133f73fcb9013f3ada0da6fb54d4117618d81f3f5a0419417ea6ee829d4',
  ]),
];

const mac = torch(
  [
    'torch-2.15.0-cp311-cp311-macosx_14_0_arm64.whl',
    138527954,
    'e808b63d616a43b326e1a5677d45a2e5babe7a8ce27edb03ddb48e7dd9b6d663',
  ],
  ['libc10.dylib', 'libomp.dylib', 'libtorch_cpu.dylib'],
);

/** What another library's own table names as needed: `uv.dll` and `libiomp5md.dll` of `torch_cpu.dll`. */
const windows: WheelPin = {
  ...torch(
    [
      'torch-2.15.0-cp311-cp311-win_amd64.whl',
      126720349,
      'd2c5938f593a47cf6d151a16d130a3cc3f0c105df1b905a571efc00b01e38c1f',
    ],
    ['c10.dll', 'libiomp5md.dll', 'torch_cpu.dll', 'uv.dll'],
  ),
  importLibraries: ['torch/lib/c10.lib', 'torch/lib/torch_cpu.lib'],
};

/**
 * Those of linux-x64 are tested. The others list what their wheels' own tables name as needed, and have not been run yet.
 */
export const pins: readonly PlatformPin[] = [
  { version: libtorchVersion, triple: 'linux-x64', kind: 'cpu', wheels: [torch(torchX64, common), ...cudaX64] },
  {
    version: libtorchVersion,
    triple: 'linux-x64',
    kind: 'cuda',
    wheels: [torch(torchX64, [...common, ...torchCudaLibraries]), ...cudaX64, ...nvidiaWheels],
  },
  { version: '2.11.0', triple: 'linux-x64', kind: 'cpu', wheels: [torch(torch211X64, common), ...cudaX64] },
  { version: libtorchVersion, triple: 'linux-arm64', kind: 'cpu', wheels: arm64 },
  { version: libtorchVersion, triple: 'darwin-arm64', kind: 'cpu', wheels: [mac] },
  { version: libtorchVersion, triple: 'win32-x64', kind: 'cpu', wheels: [windows] },
];

/** The pin of a set; undefined if it is not pinned. */
export function findPin(
  triple: string,
  kind: SetKind = 'cpu',
  version: string = libtorchVersion,
): PlatformPin | undefined {
  return pins.find((pin) => pin.triple === triple && pin.kind === kind && pin.version === version);
}

/** The pin of a set. @throws ERR_PLATFORM_UNSUPPORTED, listing the pinned sets */
export function pinsFor(triple: string, kind: SetKind = 'cpu', version: string = libtorchVersion): PlatformPin {
  const pin = findPin(triple, kind, version);
  if (pin !== undefined) return pin;
  const known = pins.map((other) => `${other.version} ${other.kind} (${other.triple})`).join(', ');
  throw torchError(
    'ERR_PLATFORM_UNSUPPORTED',
    `LibTorch ${version} ${kind} is not pinned for ${triple}. Pinned are ${known}\n` +
      '  fix: unpack a LibTorch yourself and set LIBTORCH=/path/to/it',
  );
}
