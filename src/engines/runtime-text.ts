/** `runtime.info()` as it is printed: what `console.log` shows fits a terminal, whatever is loaded. */
import type { RuntimeInfo } from './runtime-info.js';

/** Columns of the smallest terminal that people have. */
const width = 80;
/** Lines of one member, at most; there are 24 on that terminal. */
const mostWarnings = 2;
const mostDevices = 3;
const mostModels = 4;

type Row = readonly [label: string, text: string];

/** The value with a text for `console.log`, which is no member: JSON and comparisons do not see it. */
export function printable(info: RuntimeInfo): RuntimeInfo {
  const value = (depth: number): string => (depth < 0 ? '[RuntimeInfo]' : textOf(info));
  return Object.defineProperty(info, Symbol.for('nodejs.util.inspect.custom'), { value });
}

function textOf(info: RuntimeInfo): string {
  const lines = rowsOf(info).map(([label, text]) => `  ${label.padEnd(19)}${within(text, width - 21)}`.trimEnd());
  return ['RuntimeInfo {', ...lines, '}'].join('\n');
}

function rowsOf(info: RuntimeInfo): Row[] {
  const { libtorch, addon, threads, devices, operatorLibraries, models } = info;
  return [
    ['libtorch', `${libtorch.version}, ${libtorch.cuda ? 'with' : 'without'} CUDA, found by: ${libtorch.source}`],
    ['libtorch.path', libtorch.path],
    ...listed('libtorch.warnings', libtorch.warnings, mostWarnings),
    ['addon.path', addon.path],
    ['threads', `intraOp ${threads.intraOp}, interOp ${threads.interOp}`],
    ['cores', String(info.cores)],
    ['cpuCapability', info.cpuCapability],
    ['bfloat16', String(info.bfloat16)],
    ...listed('devices', devices.map(deviceText), mostDevices),
    ['operatorLibraries', operatorLibraries.length === 0 ? 'none' : String(operatorLibraries.length)],
    ...listed('models', models.length === 0 ? ['none'] : models.map(modelText), mostModels),
    ['mkl', info.mkl],
    ['onednn', info.onednn],
    ['openmp', info.openmp],
  ];
}

function deviceText({ name, type, failure }: RuntimeInfo['devices'][number]): string {
  const what = name === type ? name : `${name} (${type})`;
  return failure === undefined ? what : `${what}: failed, ${failure}`;
}

function modelText({
  engine,
  device,
  precision,
  instances,
  parameterBytes,
  sha256,
}: RuntimeInfo['models'][number]): string {
  const size = `${(parameterBytes / 2 ** 20).toFixed(1)} MiB`;
  return `${engine} on ${device}, ${precision}, ×${instances}, ${size}, sha256 ${sha256.slice(0, 8)}`;
}

/** The last line says how many are left out. */
function listed(label: string, texts: readonly string[], most: number): Row[] {
  const shown = texts.length <= most ? texts : [...texts.slice(0, most - 1), `and ${texts.length - most + 1} more`];
  return shown.map((text, i) => [i === 0 ? label : '', text]);
}

/** Of a path the end says more than the middle; of a sentence the beginning. */
function within(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ');
  if (line.length <= most) return line;
  return /^(?:\/|[A-Za-z]:[\\/])/.test(line) ? `…${line.slice(1 - most)}` : `${line.slice(0, most - 1)}…`;
}
