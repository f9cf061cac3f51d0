import { Command } from 'commander';
import { addSettings, modelArgument, modelSettings, settingsOf } from '../options.js';
import { printJson, printLines } from '../report.js';

interface RunFlags {
  input?: string[];
  method: string;
  json?: true;
}

const help = `
Inputs:  one file for each argument; or one file with {"args": [...]}, {"args": {...}} or, as for /predict, {"input_data": [...]}.
  .npy   numbers or bools; float64 becomes float32 where the model takes that
  .npz   arguments by name
  JSON   nested arrays, or {"dtype": "int64", "shape": [2], "data": [1, 2]}; - reads JSON from stdin

Example: node-libtorch run mnist-mlp --input digit.json --json`;

export function runCommand(): Command {
  const command = new Command('run')
    .description('run a model once and print what it returns')
    .argument('<model>', modelArgument)
    .option('--input <files...>', 'one file for each argument, .npy, .npz or JSON; none for a method without arguments')
    .option('--method <name>', 'exported method to call', 'forward')
    .option('--json', 'print JSON')
    .addHelpText('after', help);
  return addSettings(command, modelSettings).action(run);
}

async function run(model: string, flags: RunFlags & Record<string, unknown>): Promise<void> {
  const [{ loadTarget }, { readArguments }, { toJson, toText }] = await Promise.all([
    import('../load-target.js'),
    import('../input.js'),
    import('../output.js'),
  ]);
  await using loaded = await loadTarget(model, settingsOf(flags));
  const method = loaded.model.info.methods.find(({ name }) => name === flags.method);
  const args = await readArguments(flags.input ?? [], { method, signature: loaded.model.signature });
  const { value, timings } = await loaded.model.execute(flags.method, args);
  if (flags.json)
    printJson({ method: flags.method, device: loaded.model.info.device.device, timings, output: toJson(value) });
  else printLines([toText(value)]);
}
