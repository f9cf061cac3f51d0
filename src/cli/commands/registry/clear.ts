import { Command } from 'commander';
import { addSettings } from '../../options.js';
import { inOneLine, printJson, printLines } from '../../report.js';
import { isVersion } from '../../../registry/names.js';
import { recordOf } from '../../target.js';
import { folderSettings, openRegistry, referenceOf, usage, type Flags } from './shared.js';

const help = `
A version whose load fails again and again is put into quarantine: no server tries it any more. Clear it when its cause is gone.

Example: node-libtorch registry clear digits@v2.0`;

export function clearCommand(): Command {
  const command = new Command('clear')
    .description('take versions out of quarantine, so that servers try them again')
    .argument('<model>', 'name for all its versions, name@version, name@alias or name@sha256:<hex>')
    .option('--json', 'print JSON')
    .addHelpText('after', help);
  return addSettings(command, folderSettings).action(clear);
}

async function clear(text: string, flags: Flags & { readonly json?: true }): Promise<void> {
  const reference = referenceOf(text);
  if (!('name' in reference)) throw usage(`Expected the name of a model before its digest but received ${text}`);
  const { name, version: said } = reference;
  const registry = await openRegistry(flags);
  await registry.versions(name);
  // A version that was removed may be in quarantine still.
  const version = said === undefined || isVersion(said) ? said : (await recordOf(registry, reference)).version;
  const cleared = await registry.clearQuarantine(name, version);
  if (flags.json) printJson({ name, cleared });
  else if (cleared.length === 0) printLines([`${[name, version].filter(Boolean).join(' ')} was not in quarantine`]);
  else
    printLines(cleared.map((entry) => `cleared ${name} ${entry.version}: [${entry.code}] ${inOneLine(entry.reason)}`));
}
