/** What a zip archive is, by the names in it, and what a file is that is none of an engine's. For messages. */

import { torchError } from '../errors.js';
import { fileKind, fileKindBytes } from './file-kind.js';
import { ZipArchive } from './zip-archive.js';

export interface ArchiveKind {
  readonly what: string;
  /** Undefined where it is for the engine to say how a model is exported. */
  readonly advice?: string;
  /** An engine has it: only the extension may be another's. */
  readonly isModel?: boolean;
}

export const torchScriptArchive: ArchiveKind = {
  what: 'a TorchScript file',
  advice: 'give it the extension .pt, or set the engine to torchscript',
  isModel: true,
};
export const compiledArchive: ArchiveKind = {
  what: 'an AOTInductor package',
  advice: 'give it the extension .pt2, or set the engine to aotinductor',
  isModel: true,
};
export const pickledArchive: ArchiveKind = {
  what: 'a pickle made by torch.save (a state_dict or a whole nn.Module), which holds no code to run',
};

/** THE TABLE of archives, the sure ones first. */
const kinds: readonly (readonly [name: RegExp, kind: ArchiveKind])[] = [
  [/\.so$|aotinductor\//, compiledArchive],
  [
    /(^|\/)(models\/[^/]+\.json|serialized_exported_program\.json)$/,
    {
      what: 'an exported program that is not compiled (torch.export.save)',
      advice:
        'compile it with scripts/export/node_libtorch_export.py of this package (docs/aotinductor.md), or with ' +
        'torch._inductor.aoti_compile_and_package(torch.export.load(path), package_path="model.pt2")',
    },
  ],
  [
    /^MAR-INF\//,
    { what: 'a TorchServe archive (.mar)', advice: 'unpack it with unzip; the TorchScript file is inside' },
  ],
  [
    /(^|\/)\.data\/extern_modules$/,
    {
      what: 'a package of torch.package, which holds Python code',
      advice: 'load it in Python with torch.package.PackageImporter and export the model',
    },
  ],
  [
    /(^|\/)model\.weights\.h5$|^keras_metadata/,
    { what: 'a Keras model', advice: 'export the model to ONNX: model.export("model.onnx", format="onnx")' },
  ],
  [/\.npy$/, { what: 'a NumPy archive (.npz)', advice: 'give it to --input; the model is another file' }],
  [/^word\/|^xl\/|^ppt\//, { what: 'an office document', advice: 'give the model file' }],
  [/^META-INF\/MANIFEST\.MF$/, { what: 'a Java archive', advice: 'give the model file' }],
  [/\.mlmodelc?$|\.mlpackage\//, { what: 'a Core ML model', advice: 'export the model again' }],
  [/\.(pt2?|pts|pth|torchscript|ptl|onnx)$/, { what: 'a zip archive with a model file in it', advice: 'unpack it' }],
];

/** Undefined for one that is not known. */
export function archiveKind(names: readonly string[]): ArchiveKind | undefined {
  const root = names[0]?.split('/')[0] ?? '';
  const has = (suffix: string): boolean => names.includes(`${root}/${suffix}`);
  if (has('constants.pkl') && has('data.pkl')) return torchScriptArchive;
  if (has('data.pkl')) return pickledArchive;
  return kinds.find(([name]) => names.some((entry) => name.test(entry)))?.[1];
}

/** As `fileKind` and `archiveKind`, whichever it is; undefined for bytes that are not known. */
export async function kindOf(bytes: Buffer): Promise<ArchiveKind | undefined> {
  const kind = fileKind(bytes.subarray(0, fileKindBytes), bytes.length);
  if (!bytes.subarray(0, 2).equals(Buffer.from('PK'))) return kind;
  try {
    const { entries } = await ZipArchive.open(bytes, (reason) => torchError('ERR_MODEL_FORMAT', reason));
    const archive = archiveKind(entries.map(({ name }) => name)) ?? { what: 'a zip archive without a model' };
    return archive.what.includes('zip') ? archive : { ...archive, what: `${archive.what} (a zip archive)` };
  } catch {
    return kind;
  }
}
