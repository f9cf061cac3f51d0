/**
 * What a file is that is no model of ours, by its first bytes. For messages: a person who renamed a file, or whose
 * download brought something else, reads what it is and what to do.
 */
import { exportCommands } from './export-advice.js';

/** Enough of a file's beginning for `fileKind`. */
export const fileKindBytes = 512;

interface FileKind {
  readonly what: string;
  readonly advice: string;
  readonly is: (head: Buffer, size: number) => boolean;
  /** An engine has it: only the extension may be another's. */
  readonly isModel?: boolean;
}

const ascii = (head: Buffer, from: number, text: string): boolean =>
  head.subarray(from, from + text.length).equals(Buffer.from(text, 'latin1'));
const at = (from: number, text: string) => (head: Buffer) => ascii(head, from, text);
const start = (text: string) => at(0, text);
/** White space and a byte order mark in front do not count. */
const textStart = (pattern: RegExp) => (head: Buffer) =>
  pattern.test(head.toString('latin1').replace(/^(ï»¿)?\s+/, ''));

/** Of protocol 2 to 5. */
const isPickle = (head: Buffer): boolean => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5;

const exportIt = `build the model in Python, load the weights and export it: ${exportCommands}`;
const exportOther = 'export the model to ONNX with the tools of its framework';
const unpack = 'unpack it; the model is a file inside';

/** THE TABLE of kinds, the sure ones first. */
const kinds: readonly FileKind[] = [
  {
    what: 'a Git LFS pointer, which stands for the file and is not the file itself',
    advice: 'fetch it with `git lfs pull`',
    is: start('version https://git-lfs.github.com/spec/'),
  },
  {
    what: 'a Xet pointer, which stands for the file and is not the file itself',
    advice: 'fetch it with `git xet`, or download it with the tools of the hub',
    is: textStart(/^# xet version/),
  },
  { what: 'a GGUF file (llama.cpp)', advice: exportIt, is: start('GGUF') },
  {
    what: 'a safetensors file, which holds weights and no code',
    advice: exportIt,
    is: (head, size) =>
      head.length > 9 &&
      head[8] === 0x7b &&
      head.readBigUInt64LE(0) > 1n &&
      head.readBigUInt64LE(0) < BigInt(Math.max(0, size - 8)) + 1n,
  },
  {
    what: 'a PyTorch mobile file in flatbuffer form',
    advice: 'save it with _save_for_lite_interpreter(path, _use_flatbuffer=False), or export the model again',
    is: at(4, 'PTMF'),
  },
  { what: 'an ExecuTorch program', advice: 'export the model for this engine', is: at(4, 'ET1') },
  {
    what: 'an ORT format model (ONNX Runtime’s own)',
    advice: 'give it the extension .ort, or set the engine to onnx',
    is: looksLikeOrt,
    isModel: true,
  },
  {
    what: 'a TensorFlow Lite model',
    advice: 'export the model to ONNX: python -m tf2onnx.convert --tflite model.tflite --output model.onnx',
    is: at(4, 'TFL3'),
  },
  {
    what: 'an HDF5 file (Keras weights)',
    advice: 'export the model to ONNX: python -m tf2onnx.convert --keras model.h5 --output model.onnx',
    is: start('\x89HDF\r\n\x1a\n'),
  },
  {
    what: 'a TensorFlow SavedModel (saved_model.pb)',
    advice: 'export the model to ONNX: python -m tf2onnx.convert --saved-model FOLDER --output model.onnx',
    is: (head) => head[1] === 1 && holdsMessageSecond(head),
  },
  { what: 'a Core ML model', advice: exportOther, is: holdsMessageSecond },
  {
    what: 'a TensorRT engine',
    advice: 'give the ONNX model that it was built from',
    is: (head) => /^[fp]trt/.test(head.toString('latin1', 0, 4)),
  },
  { what: 'an RKNN model', advice: 'give the ONNX model that it was built from', is: start('RKNN') },
  { what: 'a CatBoost model', advice: 'save it with save_model("model.onnx", format="onnx")', is: start('CBM1') },
  {
    what: 'an OpenVINO model',
    advice: 'give the model that it was converted from',
    is: textStart(/^(<\?xml[^>]*>\s*)?<net\s/),
  },
  {
    what: 'a LightGBM model',
    advice: 'convert it with onnxmltools.convert_lightgbm',
    is: textStart(/^tree\r?\nversion=/),
  },
  { what: 'a Parquet file', advice: 'give the model file', is: start('PAR1') },
  { what: 'an Arrow file', advice: 'give the model file', is: start('ARROW1') },
  { what: 'a PDF document', advice: 'give the model file', is: start('%PDF-') },
  { what: 'a PNG image', advice: 'give it to --input; the model is another file', is: start('\x89PNG\r\n\x1a\n') },
  { what: 'a JPEG image', advice: 'give it to --input; the model is another file', is: start('\xff\xd8\xff') },
  { what: 'a 7z archive', advice: unpack, is: start('7z\xbc\xaf\x27\x1c') },
  { what: 'a RAR archive', advice: unpack, is: start('Rar!\x1a\x07') },
  { what: 'a gzip file (.gz, .tar.gz)', advice: unpack, is: start('\x1f\x8b') },
  { what: 'an xz file', advice: unpack, is: start('\xfd7zXZ\0') },
  { what: 'a Zstandard file', advice: unpack, is: start('\x28\xb5\x2f\xfd') },
  { what: 'a bzip2 file', advice: unpack, is: (head) => /^BZh[1-9]1AY&SY/.test(head.toString('latin1')) },
  { what: 'a tar archive', advice: unpack, is: at(257, 'ustar') },
  {
    what: 'a pickle that torch.save wrote before PyTorch 1.6 (a state_dict or a whole nn.Module), which holds no code to run',
    advice: exportIt,
    // protocol 2, then the magic number 0x1950a86a20f9469cfc6c
    is: (head) => isPickle(head) && ascii(head, 2, '\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19'),
  },
  {
    what: 'a pickle, which holds no code to run',
    advice: `${exportIt}; of scikit-learn: skl2onnx.to_onnx(model, X)`,
    is: isPickle,
  },
  { what: 'a NumPy array', advice: 'give it to --input; the model is another file', is: start('\x93NUMPY') },
  { what: 'a shared library or a program (ELF)', advice: 'give the model file', is: start('\x7fELF') },
  {
    what: 'a program of Windows',
    advice: 'give the model file',
    is: (head, size) => size > 64 && start('MZ')(head) && head.includes(0),
  },
  {
    what: 'a program of macOS',
    advice: 'give the model file',
    is: (head) => ['cffaedfe', 'cafebabe'].includes(head.toString('hex', 0, 4)),
  },
  {
    what: 'an HTML page',
    advice: 'download the file again: the link led to a page that shows or offers it',
    is: textStart(/^<(!doctype html|html|head|\?xml[^>]*>\s*<html)\b/i),
  },
  { what: 'an XML file', advice: 'give the model file', is: textStart(/^<\?xml|^<[a-z]+[\s>]/i) },
  { what: 'JSON text', advice: 'give the model file', is: textStart(/^[{[]\s*["{[\d\]}]/) },
  {
    what: 'an ONNX model',
    advice: 'give it the extension .onnx, or set the engine to onnx',
    is: looksLikeOnnx,
    isModel: true,
  },
  {
    what: 'a zip archive that is cut off or damaged',
    advice: 'fetch it again and compare its size and sha256',
    is: start('PK\x03\x04'),
  },
  { what: 'text', advice: 'give the model file', is: (head) => /^[\t\n\r\x20-\x7e]+$/.test(head.toString('latin1')) },
  {
    what: 'a file of zeros',
    advice: 'fetch it again: the download or the disk failed',
    is: (head) => head.length > 0 && head.every((byte) => byte === 0),
  },
];

/** `a GGUF file (llama.cpp)`, and what to do about it; undefined for bytes that are not known. */
export function fileKind(head: Buffer, size = head.length): Pick<FileKind, 'what' | 'advice' | 'isModel'> | undefined {
  return kinds.find(({ is }) => is(head, size));
}

/**
 * A message of protocol buffers that begins as an ONNX model does, with a small version, and whose second field is a message
 * again: an ONNX model has a name there.
 */
function holdsMessageSecond(head: Buffer): boolean {
  if (head[0] !== 0x08 || (head[1] ?? 0) > 32 || head[2] !== 0x12) return false;
  let at = 3;
  while (((head[at] ?? 0) & 0x80) !== 0) ++at;
  return head[at + 1] === 0x0a;
}

/** ONNX Runtime's own format: a flatbuffer that names itself behind its first four bytes. */
export function looksLikeOrt(head: Uint8Array): boolean {
  return [0x4f, 0x52, 0x54, 0x4d].every((letter, i) => head[4 + i] === letter); // ORTM
}

/** A ModelProto: the first field is the version of the format, a small number, and text or the graph follows. */
export function looksLikeOnnx(head: Buffer): boolean {
  return (
    head[0] === 0x08 &&
    (head[1] ?? 0) >= 1 &&
    (head[1] ?? 0) <= 32 &&
    [0x12, 0x1a, 0x2a, 0x3a, 0x42].includes(head[2] ?? 0)
  );
}
