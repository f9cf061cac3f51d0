import type { LoadedNative } from '../../libtorch/load.js';
import { remedies } from '../../libtorch/remedies.js';
import { torchError } from '../../errors.js';

/** @throws ERR_DEVICE_UNAVAILABLE where a CUDA device is asked for by name and no CUDA library is open: why, and the way out */
export function requireCuda(device: string, { version, path, source, cuda, warnings }: LoadedNative['libtorch']): void {
  // Whether an index can be is the engine's matter.
  if (cuda || !/^cuda(:\d{1,2})?$/.test(device)) return;
  const found = [`LibTorch ${version} (${source}) in ${path}`, ...warnings].join('; ');
  // A set with CUDA that is not open, or one that was passed over: the warning says why.
  const isThere = warnings.some((warning) => warning.includes('its CUDA libraries'));
  const nvidiaSmi = 'see that nvidia-smi works here (in a container: --gpus all), or leave the device to auto';
  const ownFix = warnings.map((warning) => /\(fix: (.+)\)$/.exec(warning)?.[1]).find((each) => each !== undefined);
  const [what, fix] = isThere
    ? ['CUDA cannot be used', ownFix ?? nvidiaSmi]
    : warnings.length > 0
      ? ['the LibTorch with CUDA was passed over', `${remedies.damagedSet('cuda', version)}, or ${remedies.noCuda()}`]
      : ['the loaded LibTorch has no CUDA', remedies.noCuda()];
  throw torchError(
    'ERR_DEVICE_UNAVAILABLE',
    `Device ${device} was asked for, but ${what}\n  found: ${found}\n  fix: ${fix}`,
  );
}
