import { basename } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { torchError } from '../../errors.js';
import { addSettings, modelSettings, settingsOf } from '../options.js';
import { printJson } from '../report.js';

interface TypesFlags {
  output?: string;
  json?: true;
}

const help = `
Methods has every exported method; Inputs, OrderedInputs and Outputs are forward's. In a program:

  const model = await loadModel<Methods>('model.pt');
  const logits = await model.run({ input: Tensor.from(rows) });

Example: node-libtorch types mnist-mlp --output src/mnist-mlp.d.ts`;

export function typesCommand(): Command {
  const command = new Command('types')
    .description("write TypeScript declarations of a model's inputs and outputs")
    .argument('<model>', 'a model file, or name or name@version of the registry')
    .option('--output <file>', 'write to a file and print nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', help);
  return addSettings(command, modelSettings).action(types);
}

async function types(target: string, flags: TypesFlags & Record<string, unknown>): Promise<void> {
  const [{ loadTarget }, { declarations }] = await Promise.all([
    import('../load-target.js'),
    import('../types/declarations.js'),
  ]);
  await using loaded = await loadTarget(target, settingsOf(flags));
  const { path, record, model } = loaded;
  // No folder: the same model gives the same text wherever it lies.
  const title = record ? `${record.name} ${record.version}` : basename(path);
  const text = declarations({ title, info: model.info, signature: model.signature });
  const { output } = flags;
  if (output !== undefined) await write(output, text);
  if (flags.json) printJson({ file: path, sha256: model.info.sha256, output, declarations: text });
  else if (output === undefined) process.stdout.write(text);
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected a file that can be written for --output but ${file} cannot (${reason})`,
      {
        cause,
      },
    );
  }
}
