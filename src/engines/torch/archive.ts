import { describe, torchError, type TorchError } from '../../errors.js';
import { fileKind, fileKindBytes } from '../../model/file-kind.js';
import type { ExtraFile } from '../../model/info.js';
import { defaultArchiveLimits, unsafe, ZipArchive, type ZipEntry } from '../../model/zip-archive.js';
import { CodeDepth } from './code-depth.js';
import { readExtraFiles } from './extra-files.js';
import { pickleDepth } from './pickle-depth.js';

/** What an archive holds beside the model. */
export interface CheckedArchive {
  readonly extraFiles: readonly ExtraFile[];
}

/** Of code, types and pickled values. Real models have less than 50; LibTorch ends the process some way above this. */
const maxNesting = 500;

/**
 * Reads the directory of a zip archive and how deeply its code nests, without unpacking the weights, and refuses what no
 * exporter writes.
 * @throws ERR_MODEL_FORMAT when it is no TorchScript archive (saying what it is), ERR_UNSAFE_ARCHIVE for hostile sizes, names
 * and nesting
 */
export async function checkTorchScriptArchive(bytes: Buffer, limits = defaultArchiveLimits): Promise<CheckedArchive> {
  const noZip = (reason: string): TorchError => {
    const kind = fileKind(bytes.subarray(0, fileKindBytes), bytes.length);
    if (kind === undefined) return format(`no zip archive (${reason})`);
    return notThis(kind.what.includes('zip') ? `${kind.what} (${reason})` : kind.what, kind.advice);
  };
  let code = 0;
  const archive = await ZipArchive.open(bytes, noZip, limits, (entry) => {
    if (!isTensor(entry)) code += entry.unpacked;
    else if (!entry.stored) throw unsafe(`tensor ${describe(entry.name)} is compressed, which PyTorch never does`);
  });
  if (code > limits.codeBytes)
    throw unsafe(`its code and pickles unpack to ${code} bytes, more than ${limits.codeBytes}`);
  checkKind(archive.entries.map(({ name }) => name));
  for (const entry of archive.entries) await checkNesting(archive, entry);
  return { extraFiles: await readExtraFiles(archive) };
}

/** Tensor records lie under <root>/data/ or <root>/constants/, and are stored so that they can be read in place. */
function isTensor({ name }: ZipEntry): boolean {
  return /^[^/]+\/(data|constants)\/[0-9]+$/.test(name);
}

async function checkNesting(archive: ZipArchive, entry: ZipEntry): Promise<void> {
  const isCode = /^[^/]+\/code\/.*\.py$/.test(entry.name);
  const isPickle = /^[^/]+\/(data|constants)\.pkl$/.test(entry.name);
  if (!isCode && !isPickle) return;
  const file = await archive.pieces(entry);
  const depth = await (isCode ? CodeDepth.of(file, maxNesting) : pickleDepth(file, maxNesting));
  if (depth <= maxNesting) return;
  throw unsafe(
    `entry ${describe(entry.name)} nests deeper than ${maxNesting} levels, on which LibTorch would end the process`,
  );
}

/** Zip archives that are something else, by a name in them. */
const otherArchives: readonly (readonly [name: RegExp, what: string, advice: string])[] = [
  [/\.so$|aotinductor\//, 'an AOTInductor package', 'give it the extension .pt2'],
  [
    /(^|\/)(models\/[^/]+\.json|serialized_exported_program\.json)$/,
    'an exported program that is not compiled',
    'compile it with the exporter of this package (docs/aotinductor.md)',
  ],
  [/^MAR-INF\//, 'a TorchServe archive (.mar)', 'unpack it with unzip; the TorchScript file is inside'],
  [/(^|\/)model\.weights\.h5$|^keras_metadata/, 'a Keras model', 'export the model to ONNX'],
  [/\.npy$/, 'a NumPy archive (.npz)', 'give it to --input; the model is another file'],
  [/^word\/|^xl\/|^ppt\//, 'an office document', 'give the model file'],
  [/^META-INF\/MANIFEST\.MF$/, 'a Java archive', 'give the model file'],
  [/\.mlmodelc?$|\.mlpackage\//, 'a Core ML model', 'export the model again'],
  [/\.(pt|pts|pth|torchscript|ptl|onnx)$/, 'a zip archive with a model file in it', 'unpack it'],
];

function checkKind(names: readonly string[]): void {
  const root = names[0]?.split('/')[0] ?? '';
  const has = (suffix: string): boolean => names.includes(`${root}/${suffix}`);
  if (has('constants.pkl') && has('data.pkl')) return;
  if (has('data.pkl')) {
    throw format('a pickle made by torch.save (a state_dict or a whole nn.Module), which holds no code to run');
  }
  for (const [name, what, advice] of otherArchives) {
    if (names.some((entry) => name.test(entry))) throw notThis(what, advice);
  }
  throw format('a zip archive without a TorchScript module');
}

function notThis(what: string, advice: string): TorchError {
  return torchError('ERR_MODEL_FORMAT', `Expected a TorchScript file but received ${what}; ${advice}`);
}

function format(what: string): TorchError {
  return notThis(what, 'export the model with torch.jit.script(model).save(path) or torch.jit.trace');
}
