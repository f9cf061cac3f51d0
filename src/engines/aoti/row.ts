import type { EngineRow } from '../row.js';

declare module '../../model/info.js' {
  interface EngineNames {
    aotinductor: true;
  }
}

/** AOTInductor: packages of machine code that torch._inductor.aoti_compile_and_package makes. */
export const aotinductor: EngineRow = {
  extensions: ['.pt2'],
  recognizes: ({ archive }) => archive === 'compiled',
  needs: 'LibTorch',
  openAhead: async () => (await import('../torch/started-addon.js')).startAhead(),
  runtime: async () => (await import('../torch/started-addon.js')).libtorchInUse(),
  origin: async (path) => (await import('../torch/origin.js')).originOfArchive(path, 'pt2'),
  platform: 'torch_aoti',
  backend: 'pytorch',
  hubLibrary: 'pytorch',
  lacks: {
    externalSha256: 'all of it is in one file, which sha256 holds',
    externalDataRoot: 'all of it is in one file',
    autograd: 'compiled code takes no gradients',
  },
  // Its code is loaded with its first model.
  load: async (source, options) => (await import('./load.js')).loadCompiledPackage(source, options),
};
