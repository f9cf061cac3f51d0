import type { LoadedNative } from '../binding/load.js';
import { remedies } from '../binding/remedies.js';
import { torchError } from '../errors.js';

/** @throws ERR_DEVICE_UNAVAILABLE where a CUDA device is asked for by name and no CUDA library is open: why, and the way out */
export function requireCuda(device: string, { version, path, source, cuda, warnings }: LoadedNative['libtorch']): void {
  // Whether an index can be is the engine's matter.
  if (cuda || !/^cuda(:\d{1,2})?$/.test(device)) return;
  const isThere = warnings.some((warning) => warning.includes('its CUDA libraries'));
  const found = `LibTorch ${version} (${source}) in ${path}`;
  throw torchError(
    'ERR_DEVICE_UNAVAILABLE',
    isThere
      ? `Device ${device} was asked for, but CUDA cannot be used\n  found: ${found}; ${warnings.join('; ')}\n` +
          '  fix: see that nvidia-smi works here (in a container: --gpus all), or leave the device to auto'
      : `Device ${device} was asked for, but the loaded LibTorch has no CUDA\n  found: ${found}\n  fix: ${remedies.noCuda()}`,
  );
}
