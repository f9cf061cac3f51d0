import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { torchError } from '../../errors.js';
import { packageRoot } from '../../files/package-root.js';
import { printJson, printLines } from '../report.js';
import { UsageError } from '../usage.js';

interface ExporterFlags {
  readonly output: string;
  readonly force?: true;
  readonly json?: true;
}

const help = `
It is one file and needs PyTorch alone. In Python, beside it:

  from node_libtorch_export import export
  batch = torch.export.Dim('batch', min=1, max=64)
  export(model, (torch.rand(2, 784),), 'model.pt2', format='export', dynamic_shapes=({0: batch},))

It writes torch.export's own format, AOTInductor's, ONNX or TorchScript, checks the file against the model, and leaves paths of
your machine out.

Examples: node-libtorch exporter
          node-libtorch exporter --output training/node_libtorch_export.py
          node-libtorch exporter --output -`;

export function exporterCommand(): Command {
  return new Command('exporter')
    .description('write the Python script that exports models')
    .option('--output <file>', 'where to write it; - is standard output', 'node_libtorch_export.py')
    .option('--force', 'replace a file that is another')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(exporter);
}

async function exporter({ output, force, json }: ExporterFlags): Promise<void> {
  if (output === '-' && json)
    throw new UsageError(
      torchError('ERR_INVALID_ARGUMENT', 'Expected no --json with --output -, which prints the script'),
    );
  const text = await readFile(join(packageRoot(), 'scripts/export/node_libtorch_export.py'), 'utf8');
  if (output === '-') {
    process.stdout.write(text);
    return;
  }
  const written = await write(output, text, force === true);
  if (json) printJson({ output, written });
  else printLines([written ? `wrote ${output}` : `${output} is up to date`]);
}

/** False where the file is there already. */
async function write(file: string, text: string, force: boolean): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
    return true;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isThere = code === 'EEXIST';
    if (isThere && (await readFile(file, 'utf8').catch(() => undefined)) === text) return false;
    const advice = isThere
      ? 'is there and is another one; --force replaces it'
      : `cannot be written (${code ?? message})`;
    throw torchError('ERR_INVALID_ARGUMENT', `Expected a new file for --output but ${file} ${advice}`, { cause });
  }
}
