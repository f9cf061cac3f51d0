/**
 * What a CUDA set holds beside the CPU's files: PyTorch's CUDA libraries, and those of NVIDIA's wheels that they name as needed
 * (`readelf -d`) or open by themselves (cuDNN's parts, NVRTC's builtins). The wheels are the ones in the METADATA of torch 2.15.0.
 */
import { libraries, wheel } from './wheel-pin.js';
/** libcaffe2_nvrtc is opened for kernels that are compiled at run time, libtorch_cuda_linalg for linear algebra. */
export const torchCudaLibraries = [
    ...['libc10_cuda.so', 'libtorch_cuda.so', 'libtorch_cuda_linalg.so', 'libtorch_nvshmem.so', 'libcaffe2_nvrtc.so'],
    'libtorch.so',
];
const cudnnParts = [
    ...['adv', 'cnn', 'engines_precompiled', 'engines_runtime_compiled', 'engines_tensor_ir', 'ext', 'graph'],
    ...['heuristic', 'ops'],
];
/** For linux-x64. */
export const nvidiaWheels = [
    wheel('nvidia-cublas', [
        'nvidia_cublas-13.4.1.3-py3-none-manylinux_2_27_x86_64.whl',
        404870805,
        'a5917cb642cfb07f4a0231ee16aec7e2e0357d8cb8b1b78a0c9c68dba3e6afc7',
    ], libraries('nvidia/cu13/lib', ['libcublas.so.13', 'libcublasLt.so.13'])),
    wheel('nvidia-cuda-nvrtc', [
        'nvidia_cuda_nvrtc-13.2.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        47018468,
        '8111c5130e967b78222ea2124145f8efe9ce201b752b2579a2513100a53be1c5',
    ], libraries('nvidia/cu13/lib', ['libnvrtc.so.13', 'libnvrtc-builtins.so.13.2'])),
    wheel('nvidia-cudnn-cu13', [
        'nvidia_cudnn_cu13-9.26.0.51-py3-none-manylinux_2_27_x86_64.whl',
        519150073,
        '9c976d539786698c71d6bcdbe2053b7485fae062ff7e1215d2f2ff67b1a2149a',
    ], libraries('nvidia/cudnn/lib', ['libcudnn.so.9', ...cudnnParts.map((part) => `libcudnn_${part}.so.9`)])),
    wheel('nvidia-cufft', [
        'nvidia_cufft-12.2.0.57-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        218258101,
        '34da27fadf3979b0b042c43823f0530be8408b86df31ee0108e1ca0b621d4ef6',
    ], libraries('nvidia/cu13/lib', ['libcufft.so.12'])),
    wheel('nvidia-cufile', [
        'nvidia_cufile-1.17.1.22-py3-none-manylinux_2_27_x86_64.whl',
        1387670,
        '87feaf8c3ad20d3d03a01933181801ff6892bace5c8f0b1e4b48f319d3e62d36',
    ], libraries('nvidia/cu13/lib', ['libcufile.so.0'])),
    wheel('nvidia-cusolver', [
        'nvidia_cusolver-12.2.0.11-py3-none-manylinux_2_27_x86_64.whl',
        227913465,
        'fab5778f6769947389a1a6abc07e635576825a08c0ffc68c3ae7f1392c794b42',
    ], libraries('nvidia/cu13/lib', ['libcusolver.so.12'])),
    wheel('nvidia-cusparse', [
        'nvidia_cusparse-12.7.10.12-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        150999307,
        '25907c75e4db1581685f06f61cc6cdecc04611765516a52373e0a18ebd69fa00',
    ], libraries('nvidia/cu13/lib', ['libcusparse.so.12'])),
    wheel('nvidia-cusparselt-cu13', [
        'nvidia_cusparselt_cu13-0.8.1-py3-none-manylinux2014_x86_64.whl',
        170148586,
        '786ce87568c303fadb5afcc7102d454cd3040d75f6f8626f5db460d1871f4dd0',
    ], libraries('nvidia/cusparselt/lib', ['libcusparseLt.so.0'])),
    wheel('nvidia-nccl-cu13', [
        'nvidia_nccl_cu13-2.30.7-py3-none-manylinux_2_18_x86_64.whl',
        215965170,
        'cefa7fdb9710efd0f39c5f1be1d61ff6fc9a996c451265bd7fbdcf9455ed4b50',
    ], libraries('nvidia/nccl/lib', ['libnccl.so.2'])),
    wheel('nvidia-nvjitlink', [
        'nvidia_nvjitlink-13.2.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        41370546,
        '285a9cead9924391588d794400bdd7e8f9d1a277a7d78ed79acfa0ea702a14dd',
    ], libraries('nvidia/cu13/lib', ['libnvJitLink.so.13'])),
    wheel('nvidia-nvshmem-cu13', [
        'nvidia_nvshmem_cu13-3.7.2-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        135397797,
        'b9a4f843c62b5dded8ad33fd6d220e007dcd39f06cee549292f5ba14ce4c235c',
    ], libraries('nvidia/nvshmem/lib', ['libnvshmem_host.so.3'])),
];
