import type { EngineRow } from '../row.js';

declare module '../../model/info.js' {
  interface EngineNames {
    torchscript: true;
  }
}

/** TorchScript: what torch.jit.script and torch.jit.trace save. */
export const torchscript: EngineRow = {
  extensions: ['.pt', '.pts', '.jit'],
  needs: 'LibTorch',
  lacks: {
    externalSha256: 'all of it is in one file, which sha256 holds',
    externalDataRoot: 'all of it is in one file',
  },
  // Its code is loaded with its first model.
  load: async (source, options) => (await import('./load.js')).loadTorchScript(source, options),
};
