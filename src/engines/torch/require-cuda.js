import { remedies } from '../../libtorch/remedies.js';
import { torchError } from '../../errors.js';
/** @throws ERR_DEVICE_UNAVAILABLE, with the reason and the fix, if a CUDA device is named and CUDA's libraries are not open */
export function requireCuda(device, libtorch) {
    // Whether the index exists is for LibTorch to say.
    if (libtorch.cuda || !/^cuda(:\d{1,2})?$/.test(device))
        return;
    const { version, path, source, warnings, cudaProblem } = libtorch;
    const { what, fix } = cudaProblem ?? { what: 'the loaded LibTorch has no CUDA', fix: remedies.noCuda() };
    const found = [`LibTorch ${version} (${source}) in ${path}`, ...warnings].join('; ');
    throw torchError('ERR_DEVICE_UNAVAILABLE', `Device ${device} was asked for, but ${what}\n  found: ${found}\n  fix: ${fix}`);
}
