import { basename } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { torchError } from '../../errors.js';
import { addSettings, modelArgument, modelSettings, settingsOf } from '../options.js';
import { printJson } from '../report.js';
import { UsageError } from '../usage.js';

interface TypesFlags {
  output?: string;
  url?: string;
  json?: true;
}

const help = `
Methods has every exported method; Inputs, OrderedInputs, Outputs and NamedOutputs are forward's. In a program:

  const model = await loadModel<Methods>('model.pt');
  const logits = await model.run({ input: Tensor.from(rows) });

With --url they come from the metadata of a server: this one's, Triton, KServe, MLServer. In a program:

  const client = new InferenceClient('http://127.0.0.1:8000');
  const { outputs } = await client.model<Methods>('mnist-mlp').infer({ input: rows });

A token for that server is read from NODE_LIBTORCH_TOKEN.

Examples: node-libtorch types mnist-mlp --output src/mnist-mlp.d.ts
          node-libtorch types mnist-mlp --url http://127.0.0.1:8000`;

export function typesCommand(): Command {
  const command = new Command('types')
    .description("write TypeScript declarations of a model's inputs and outputs")
    .argument('[model]', `${modelArgument}; with --url name or name@version there`)
    .option(
      '--url <url>',
      'read a server of the Open Inference Protocol: its address, or that of a model below /v2/models',
    )
    .option('--output <file>', 'write to a file and print nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', help);
  return addSettings(command, modelSettings).action(types);
}

async function types(target: string | undefined, flags: TypesFlags & Record<string, unknown>): Promise<void> {
  if (flags.url !== undefined) return typesOfServed(flags.url, target, flags);
  if (target === undefined) {
    throw new UsageError(torchError('ERR_INVALID_ARGUMENT', "Expected a model, or --url with a server's address"));
  }
  const [{ loadTarget }, { declarations }] = await Promise.all([
    import('../load-target.js'),
    import('../types/declarations.js'),
  ]);
  await using loaded = await loadTarget(target, settingsOf(flags));
  const { path, record, model } = loaded;
  // No folder: the same model gives the same text wherever it lies.
  const title = record ? `${record.name} ${record.version}` : basename(path);
  const text = declarations({ title, info: model.info, signature: model.signature });
  await print(text, { file: path, sha256: model.info.sha256 }, flags);
}

async function typesOfServed(
  url: string,
  target: string | undefined,
  flags: TypesFlags & Record<string, unknown>,
): Promise<void> {
  const given = Object.keys(settingsOf(flags))[0];
  if (given !== undefined) {
    throw new UsageError(
      torchError('ERR_INVALID_ARGUMENT', `Expected no ${given} with --url: the server has loaded the model already`),
    );
  }
  const { servedDeclarations } = await import('../types/served.js');
  const { model, declarations } = await servedDeclarations(
    url,
    target,
    process.env['NODE_LIBTORCH_TOKEN'] || undefined,
  );
  await print(declarations, { url, model }, flags);
}

async function print(
  text: string,
  about: Readonly<Record<string, string>>,
  { output, json }: TypesFlags,
): Promise<void> {
  if (output !== undefined) await write(output, text);
  if (json) printJson({ ...about, output, declarations: text });
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
