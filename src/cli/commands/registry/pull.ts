import { Command } from 'commander';
import { addSettings } from '../../options.js';
import { asked } from '../../usage.js';
import { untilSignal } from '../../until-signal.js';
import { loadSettings, statements, type AddFlags } from './add.js';
import { folderSettings } from './shared.js';

const help = `
A commit is named by its 40 hex digits, so that the same command fetches the same bytes for ever. --resolve takes a branch or a tag, and
the record has the commit that it was. It needs @huggingface/hub: npm install @huggingface/hub. A token is read from HF_TOKEN.

Example:
  node-libtorch registry pull hf:org/digits@0123456789abcdef0123456789abcdef01234567 --name digits --model-version v1.0`;

export function pullCommand(): Command {
  const command = new Command('pull')
    .description('fetch a model of Hugging Face at a commit, and add it')
    .argument('<source>', 'hf:org/model@<40 hex digits of a commit>')
    .requiredOption('--name <name>', 'what the model is called: 1 to 64 of a-z 0-9 . _ -')
    .requiredOption('--model-version <version>', 'such as v1.0, 2 or 1.4.2')
    .option('--file <path>', 'the model file in the repository (default: the only one)')
    .option('--resolve', 'take a branch or a tag, and record its commit')
    .option('--endpoint <url>', 'of the hub (default: https://huggingface.co, or HF_ENDPOINT)')
    .option('--max-bytes <size>', 'of all files together, such as 40GiB (default: 20GiB)')
    .option('--json', 'print JSON');
  return addSettings(statements(command), [...folderSettings, ...loadSettings])
    .addHelpText('after', help)
    .action(pull);
}

interface PullFlags extends AddFlags {
  readonly file?: string;
  readonly resolve?: true;
  readonly endpoint?: string;
  readonly maxBytes?: string;
}

async function pull(source: string, flags: PullFlags): Promise<void> {
  const { file, resolve = false, endpoint, maxBytes } = flags;
  const { parseEndpoint, parsePlace, requireCommit } = await import('../../../registry/pull/place.js');
  asked(() => requireCommit(parsePlace(source), resolve));
  const [{ addOptionsOf }, { sizeOf }, { addVersion }, { resolvePullOptions }, fromHub] = await Promise.all([
    import('./stated.js'),
    import('./quantities.js'),
    import('./added.js'),
    import('../../../registry/pull/options.js'),
    import('../../../registry/pull/pull.js'),
  ]);
  const options = {
    ...(await addOptionsOf(flags)),
    ...(file !== undefined && { file }),
    ...(endpoint !== undefined && { endpoint }),
    ...(maxBytes !== undefined && { maxBytes: sizeOf('--max-bytes', maxBytes) }),
    resolve,
  };
  asked(() => parseEndpoint(resolvePullOptions(options).endpoint));
  await untilSignal('stopped; nothing was added', (signal) =>
    addVersion(flags, (registry, onProgress) => fromHub.pull(registry, source, { ...options, signal, onProgress })),
  );
}
