// The formats of benchmarks/four-ways.mjs, and its tables in docs/torchscript-is-deprecated.md.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foreignLimit } from './machine.mjs';
import { root } from './paths.mjs';

/** THE TABLE of formats, by engine. */
export const formatNames = {
  export: { title: '`torch.export`', extension: 'pt2', small: 'test/fixtures/export/linear.pt2' },
  aotinductor: { title: 'AOTInductor', extension: 'pt2', small: 'test/fixtures/aoti/scalar.pt2' },
  onnx: { title: 'ONNX', extension: 'onnx', small: 'test/fixtures/onnx/linear.onnx' },
  torchscript: { title: 'TorchScript', extension: 'pt', small: 'test/fixtures/torchscript/linear.pt' },
};

/** Writes these models into a folder, in every format. That needs Python, and a C++ compiler. */
export function exportFourWays(folder, names) {
  const python = [join(root, 'scripts/python-beside.sh'), 'onnx', '-W', 'ignore'];
  const program = join(root, 'scripts/bench/four_ways.py');
  execFileSync('bash', [...python, program, folder, ...names], { stdio: [0, 2, 2] });
}

export const small = (way) => join(root, formatNames[way].small);

const guide = join(root, 'docs/torchscript-is-deprecated.md');
const [start, end] = ['<!-- measured: benchmarks/four-ways.mjs -->', '<!-- end of what is measured -->'];

const digits = (value) =>
  value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
const mib = (bytes) => `${digits(bytes / 2 ** 20)} MiB`;
// The least of the rounds: whatever else the machine does makes a round longer, never shorter.
const ms = ({ min }) => `${digits(min)} ms`;

function table({ title, ways }) {
  const head = ['file', 'export', 'load', 'first run', 'memory', '1 row', '8 rows', 'of TorchScript’s time'];
  const rows = Object.entries(ways).map(([way, found]) => [
    `${formatNames[way].title}, ${mib(found.bytes)}`,
    `${digits(found.exportSeconds)} s`,
    ms(found.loadMs),
    ms(found.firstRunMs),
    `${digits(Math.max(0, found.memoryMiB.median))} MiB`,
    ms(found.run1Ms),
    ms(found.run8Ms),
    [1, 8].map((n) => `${(found[`run${n}Ms`].min / ways.torchscript[`run${n}Ms`].min).toFixed(2)}×`).join(', '),
  ]);
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  return `**${title}**\n\n${lines.join('\n')}`;
}

/** Puts the tables where the guide has its marks. */
export async function writeGuide({
  date,
  machine: { cpu, cores, memoryGiB, platform },
  node,
  foreignCores = 0,
  results,
}) {
  const page = readFileSync(guide, 'utf8');
  const [before, after] = [page.indexOf(start), page.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${guide} has lost its marks`);
  const busy = foreignCores > foreignLimit ? ' Others used the machine meanwhile: only ratios say something.' : '';
  const about = `Measured on ${date} on ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, with Node ${node}, one thread of computation.${busy}`;
  const text = [about, ...Object.values(results).map(table)].join('\n\n');
  writeFileSync(guide, `${page.slice(0, before)}${start}\n\n${text}\n\n${page.slice(after)}`);
}
