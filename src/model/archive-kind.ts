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
const compiledArchive: ArchiveKind = {
  what: 'an AOTInductor package',
  advice: 'give it the extension .pt2, or set the engine to aotinductor',
  isModel: true,
};
export const exportedArchive: ArchiveKind = {
  what: 'an exported program (torch.export.save)',
  advice: 'give it the extension .pt2, or set the engine to export',
  isModel: true,
};
/** Its weights, or all of it, are pickles: whoever reads a pickle runs what is in it. */
const olderExportedArchive: ArchiveKind = {
  what: 'an exported program that PyTorch 2.8 or older has saved, whose weights are a pickle',
  advice:
    'save it again with PyTorch 2.9 or later: ' +
    'python -c \'import torch; torch.export.save(torch.export.load("old.pt2"), "model.pt2")\'',
};
export const pickledArchive: ArchiveKind = {
  what: 'a pickle made by torch.save (a state_dict or a whole nn.Module), which holds no code to run',
};

const compiledNames = /\.so$|aotinductor\//;

/** THE TABLE of archives, the sure ones first. */
const kinds: readonly (readonly [name: RegExp, kind: ArchiveKind])[] = [
  [compiledNames, compiledArchive],
  [/(^|\/)(models\/[^/]+\.json|serialized_exported_program\.json)$/, olderExportedArchive],
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
  if (isWholeProgram(names)) return exportedArchive;
  return kinds.find(([name]) => names.some((entry) => name.test(entry)))?.[1];
}

const programFile = /(?:^|\/)models\/([^/]+)\.json$/;

/**
 * Whether there is a program with the list of its weights. What is packaged beside compiled code may be without, and a file of
 * PyTorch 2.8 has a pickle instead.
 */
function isWholeProgram(names: readonly string[]): boolean {
  const models = names.flatMap((name) => programFile.exec(name)?.[1] ?? []);
  return models.some((model) => names.some((name) => name.endsWith(`data/weights/${model}_weights_config.json`)));
}

/** Whether there is compiled code in an archive, beside what it is. */
export function holdsCompiled(names: readonly string[]): boolean {
  return names.some((name) => compiledNames.test(name));
}

/** Of the archives that engines have: which it is. */
export function markOf(names: readonly string[]): 'exported' | 'compiled' | 'unknown' {
  const kind = archiveKind(names);
  if (kind === exportedArchive || kind === olderExportedArchive) return 'exported';
  return kind === compiledArchive ? 'compiled' : 'unknown';
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
