import { describe, torchError, type TorchError } from '../../errors.js';
import { defaultArchiveLimits, unsafe, ZipArchive, type ZipEntry } from '../../model/zip-archive.js';

/**
 * Reads the directory of a zip archive, without unpacking, and refuses what no exporter writes.
 * @throws ERR_MODEL_FORMAT when it is no TorchScript archive (saying what it is), ERR_UNSAFE_ARCHIVE for hostile sizes or names
 */
export async function checkTorchScriptArchive(bytes: Buffer, limits = defaultArchiveLimits): Promise<void> {
  const noZip = (reason: string): TorchError => format(`no zip archive (${reason})`);
  let code = 0;
  const { entries } = await ZipArchive.open(bytes, noZip, limits, (entry) => {
    if (!isTensor(entry)) code += entry.unpacked;
    else if (!entry.stored) throw unsafe(`tensor ${describe(entry.name)} is compressed, which PyTorch never does`);
  });
  if (code > limits.codeBytes)
    throw unsafe(`its code and pickles unpack to ${code} bytes, more than ${limits.codeBytes}`);
  checkKind(entries.map(({ name }) => name));
}

/** Tensor records lie under <root>/data/ or <root>/constants/, and are stored so that they can be read in place. */
function isTensor({ name }: ZipEntry): boolean {
  return /^[^/]+\/(data|constants)\/[0-9]+$/.test(name);
}

function checkKind(names: readonly string[]): void {
  const root = names[0]?.split('/')[0] ?? '';
  const has = (suffix: string): boolean => names.includes(`${root}/${suffix}`);
  if (has('constants.pkl') && has('data.pkl')) return;
  if (has('data.pkl')) {
    throw format('a pickle made by torch.save (a state_dict or a whole nn.Module), which holds no code to run');
  }
  if (names.some((name) => name.endsWith('.so') || name.includes('aotinductor/'))) {
    throw format('an AOTInductor package; give it the extension .pt2');
  }
  if (names.some((name) => /(^|\/)(models\/[^/]+\.json|serialized_exported_program\.json)$/.test(name))) {
    throw format('an exported program that is not compiled');
  }
  throw format('a zip archive without a TorchScript module');
}

function format(what: string): TorchError {
  return torchError(
    'ERR_MODEL_FORMAT',
    `Expected a TorchScript file but received ${what}; export the model with torch.jit.script(model).save(path) or torch.jit.trace`,
  );
}
