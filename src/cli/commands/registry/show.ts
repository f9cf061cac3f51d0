import { Command } from 'commander';
import { addSettings } from '../../options.js';
import { printJson, printLines } from '../../report.js';
import { folderSettings, openRegistry, referenceArgument, referenceOf, terminalWidth, type Flags } from './shared.js';

const help = `
sha256:<hex> finds every version with that artifact: an answer of the server has it in its header x-model-digest.

Examples:
  node-libtorch registry show mnist-mlp@v1.0
  node-libtorch registry show sha256:4cf27f400bba704abd5f85f5b0a6df857516ecbef93e5ae52431be7a58b928eb --json`;

export function showCommand(): Command {
  const command = new Command('show')
    .description(
      'show what is recorded of a version: file, card, digest, commit, metrics, training, admission, signature',
    )
    .argument('<model>', referenceArgument)
    .option('--json', 'print JSON: the record, aliases and paths')
    .addHelpText('after', help);
  return addSettings(command, folderSettings).action(show);
}

async function show(text: string, flags: Flags & { json?: true }): Promise<void> {
  const reference = referenceOf(text);
  const registry = await openRegistry(flags);
  const { recordsOf, shownOf, shownInJson } = await import('./shown.js');
  const shown = [];
  for (const record of await recordsOf(registry, reference)) shown.push(await shownOf(registry, record));
  if (flags.json) {
    const [first, ...others] = shown.map(shownInJson);
    // One object for one version, which is what is there nearly always; further ones have the same bytes.
    printJson({ ...first, ...(others.length > 0 && { sameArtifact: others }) });
    return;
  }
  const { describeVersion } = await import('./describe.js');
  const width = terminalWidth();
  printLines(shown.flatMap((each, index) => [...(index > 0 ? [''] : []), ...describeVersion(each, width)]));
}
