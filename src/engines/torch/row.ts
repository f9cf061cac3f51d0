import type { EngineRow } from '../row.js';

declare module '../../model/info.js' {
  interface EngineNames {
    torchscript: true;
  }
}

/** TorchScript: what torch.jit.script and torch.jit.trace save. */
export const torchscript: EngineRow = {
  extensions: ['.pt', '.pts', '.jit', '.pth', '.ts', '.ptl', '.torchscript'],
  // Also zip archives that turn out to be something else: the check of the archive says what they are.
  recognizes: ({ archive }) => archive === 'unknown',
  needs: 'LibTorch',
  openAhead: async () => (await import('./started-addon.js')).startAhead(),
  runtime: async () => (await import('./started-addon.js')).libtorchInUse(),
  origin: async (path) => (await import('./origin.js')).originOfArchive(path, 'torchscript'),
  platform: 'pytorch_torchscript',
  backend: 'pytorch',
  hubLibrary: 'pytorch',
  outlook:
    'note: TorchScript is deprecated since PyTorch 2.11; torch.export.save is what comes after it (docs/torchscript-is-deprecated.md)',
  lacks: {
    externalSha256: 'all of it is in one file, which sha256 holds',
    externalDataRoot: 'all of it is in one file',
  },
  // Its code is loaded with its first model.
  load: async (source, options) => (await import('./load.js')).loadTorchScript(source, options),
};
