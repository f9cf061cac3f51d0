import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { compileProgram } from '../../support/compile.js';
import { root } from '../../support/paths.js';
/** Texts as LibTorch words them, and what they mean for the device. No device is involved: this is the table alone. */
const texts = [
    [
        'sticky',
        'CUDA error: an illegal memory access was encountered\\nCUDA kernel errors might be asynchronously reported',
    ],
    ['sticky', 'CUDA error: device-side assert triggered\\nCompile with `TORCH_USE_CUDA_DSA` to enable assertions.'],
    ['sticky', 'The following operation failed in the interpreter.\\nRuntimeError: CUDA error: misaligned address'],
    ['sticky', 'CUDA driver error: unspecified launch failure'],
    ['sticky', 'CUDA error: the launch timed out and was terminated'],
    ['sticky', 'CUDA error: uncorrectable ECC error encountered'],
    ['sticky', 'CUDA error: invalid argument\\nwhile handling CUDA error: an illegal instruction was encountered'],
    ['passing', 'CUDA error: invalid configuration argument'],
    ['passing', 'CUDA error: no kernel image is available for execution on the device'],
    [
        'passing',
        'CUDA error: invalid device ordinal\\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.',
    ],
    ['passing', 'CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm(…)`'],
    ['passing', 'cuDNN error: CUDNN_STATUS_NOT_SUPPORTED'],
    ['none', 'Expected all tensors to be on the same device'],
    ['none', 'an illegal memory access was encountered'],
    ['none', 'device-side assert triggered'],
    ['none', ''],
];
describe('errors of devices', function () {
    this.timeout(60_000);
    it('are told apart by what CUDA said; devices that were lost stay lost', async () => {
        const program = await compileProgram([
            `${root}test/engines/torch/cpp/device_fault_test.cc`,
            `${root}native/engine/device/fault.cc`,
        ]);
        const input = texts.map(([, text]) => `${text}\n`).join('');
        const { status, stdout, stderr } = spawnSync(program, { input, encoding: 'utf8' });
        expect(status, stderr).to.equal(0);
        expect(stdout.trimEnd().split('\n')).to.deep.equal(texts.map(([verdict]) => verdict));
    });
});
