import { Command, Option } from 'commander';
import type { SettingKey } from '../../../server/settings/table.js';
import { presetNames } from '../../../tasks/image/spec.js';
import { taskKinds } from '../../../tasks/kinds/index.js';
import { addSettings } from '../../options.js';
import { untilSignal } from '../../until-signal.js';
import { folderSettings, repeatable, type Flags } from './shared.js';

const help = `
The file is copied and hashed, tried in a process of its own, and recorded with what was found. What nobody states is left out of the
record; the card shows it as not stated. A version that is there already is never changed: the same
file again does nothing, and is refused where something else is stated of it.

Example:
  node-libtorch registry add model.onnx --name digits --model-version v1.0 --task classification --metrics metrics.json`;

/** How the model is loaded to try it. */
export const loadSettings: readonly SettingKey[] = [
  ...(['engine', 'device', 'precision', 'optimize', 'autograd', 'operatorLibraries', 'externalDataRoot'] as const),
];

export function addCommand(): Command {
  const command = new Command('add')
    .description('add a version: copy the artifact, try it, write its record and card')
    .argument('<file>', 'a model file: .pt, .pts, .jit, .pt2, .onnx or .ort')
    .requiredOption('--name <name>', 'what the model is called: 1 to 64 of a-z 0-9 . _ -')
    .requiredOption('--model-version <version>', 'such as v1.0, 2 or 1.4.2')
    .option('--json', 'print JSON');
  return addSettings(statements(command), [...folderSettings, ...loadSettings])
    .addHelpText('after', help)
    .action(add);
}

/** The flags of what is stated of a model, for every command that adds one. */
export function statements(command: Command): Command {
  return command
    .optionsGroup('What is stated of it:')
    .addOption(repeatable('--alias <alias>', 'let an alias point to it: champion'))
    .option(
      '--record <file>',
      'JSON with members of the record, such as a training script writes; other flags win over it',
    )
    .addOption(repeatable('--input <spec>', "an input, where the file does not say it: 'x:float32[?,784]'"))
    .addOption(repeatable('--output <spec>', 'an output, likewise'))
    .option(
      '--signature <file>',
      'JSON {"inputs": [{"name", "dtype", "shape", "range"}], "outputs": […]}: the same, with ranges and labels',
    )
    .addOption(new Option('--task <type>', 'what the outputs mean').choices(taskKinds.map(({ type }) => type)))
    .option('--task-file <file>', 'JSON with a task as a record has it')
    .option(
      '--labels <file>',
      'labels of the classes: a line each, a JSON array, or an object by index; a .npy file is taken as --truth',
    )
    .addOption(new Option('--image-preset <name>', 'how an image becomes the input').choices([...presetNames]))
    .option('--metrics <file>', 'JSON with what was measured: {"testAccuracy": 0.98, "testSamples": 1500}')
    .option('--training <file>', 'JSON of the training: {"dataset": "…", "seed": 1}')
    .option('--source-commit <commit>', 'what the model was made from: 40 hex digits, or HEAD of the repository here')
    .addOption(repeatable('--framework <name=version>', 'what made it, such as torch=2.15.0'))
    .option('--license <id>', 'an SPDX identifier, such as Apache-2.0')
    .option('--description <text>', 'what it is, for the card')
    .option('--intended-use <text>', 'what it is for, for the card')
    .option('--limitations <text>', 'what it is not for, for the card')
    .option(
      '--data <file>',
      'what it was trained on, .npy or .npz: it is run on it, and monitoring compares with what is counted',
    )
    .option('--truth <file>', 'the true class of each row, .npy: how far the confidences can be believed')
    .option('--held-out <file>', 'the rows that --truth is of, which it was not trained on (default: those of --data)')
    .option(
      '--held-out-answers <file>',
      'its first output for those rows, made elsewhere, such as by cross-fitting (default: it is run)',
    )
    .option(
      '--statistics <file>',
      'JSON with what was counted elsewhere, as the Python exporter writes it, in the place of --data',
    )
    .option('--strict', 'refuse to add without metrics, training, source commit and framework, as for a deployment')
    .optionsGroup('Its trial:')
    .addOption(
      repeatable(
        '--example <file>',
        'what to try it on, a file for each argument, as run --input reads them (default: made up)',
      ),
    )
    .option('--no-run', 'load it, and run nothing')
    .option('--time-limit <time>', 'of the trial, such as 90s or 10m (default: 2m)')
    .option('--memory-limit <size>', 'of the trial, such as 12GiB (default: 8GiB, or four times its files)')
    .optionsGroup('Folders, and how it is loaded:');
}

/** What commander makes of the flags above. */
export interface AddFlags extends Flags {
  readonly name: string;
  readonly modelVersion: string;
  readonly json?: true;
  readonly alias?: readonly string[];
  readonly record?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly signature?: string;
  readonly task?: string;
  readonly taskFile?: string;
  readonly labels?: string;
  readonly imagePreset?: string;
  readonly metrics?: string;
  readonly training?: string;
  readonly sourceCommit?: string;
  readonly framework?: readonly string[];
  readonly license?: string;
  readonly description?: string;
  readonly intendedUse?: string;
  readonly limitations?: string;
  readonly data?: string;
  readonly truth?: string;
  readonly heldOut?: string;
  readonly heldOutAnswers?: string;
  readonly statistics?: string;
  readonly strict?: true;
  readonly example?: readonly string[];
  /** False with `--no-run`. */
  readonly run: boolean;
  readonly timeLimit?: string;
  readonly memoryLimit?: string;
}

async function add(file: string, flags: AddFlags): Promise<void> {
  const [{ addOptionsOf, requireFile }, { addVersion }] = await Promise.all([
    import('./stated.js'),
    import('./added.js'),
  ]);
  const options = await addOptionsOf(flags);
  await requireFile(file);
  await untilSignal('stopped; nothing was added', (signal) =>
    addVersion(flags, (registry, onProgress) => registry.add(file, { ...options, signal, onProgress })),
  );
}
