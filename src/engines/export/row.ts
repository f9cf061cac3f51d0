import type { EngineRow } from '../row.js';

declare module '../../model/info.js' {
  interface EngineNames {
    export: true;
  }
}

/** Exported programs: what torch.export.save writes. */
export const exported: EngineRow = {
  extensions: ['.pt2'],
  recognizes: ({ archive }) => archive === 'exported',
  needs: 'LibTorch',
  openAhead: async () => (await import('../torch/started-addon.js')).startAhead(),
  runtime: async () => (await import('../torch/started-addon.js')).libtorchInUse(),
  origin: async (path) => (await import('./origin.js')).originOfProgram(path),
  platform: 'pytorch_export',
  backend: 'pytorch',
  hubLibrary: 'pytorch',
  lacks: {
    externalSha256: 'all of it is in one file, which sha256 holds',
    externalDataRoot: 'all of it is in one file',
    autograd: 'exported programs take no gradients',
  },
  // Its code is loaded with its first model.
  load: async (source, options) => (await import('./load.js')).loadExportedProgram(source, options),
};
