import { Command } from 'commander';
import { isAlias } from '../../../registry/names.js';
import { addSettings } from '../../options.js';
import { describe } from '../../../errors.js';
import { columns, printJson, printLines } from '../../report.js';
import { recordOf } from '../../target.js';
import { folderSettings, openRegistry, referenceOf, usage, type Flags } from './shared.js';

const help = `
A version may have several aliases; an alias points to one version, and moving it is one step: nobody sees it point nowhere.
A server that runs takes it at the next SIGHUP, or at once through its admin port: docs/admin.md.

Examples:
  node-libtorch registry alias digits@v2.0 champion
  node-libtorch registry alias --remove digits champion
  node-libtorch registry alias digits`;

export function aliasCommand(): Command {
  const command = new Command('alias')
    .description('let an alias, such as champion, point to a version; without one, list those of a model')
    .argument('<model>', 'name@version, or with --remove name')
    .argument('[alias]', 'a letter, then letters, digits, _ or -')
    .option('--remove', 'remove the alias; the version stays')
    .option('--json', 'print JSON')
    .addHelpText('after', help);
  return addSettings(command, folderSettings).action(alias);
}

/** Nobody watches the folder. */
const servers = 'note: a running server takes it at its next SIGHUP (kill -HUP PID), or through its admin port\n';

interface AliasFlags extends Flags {
  readonly remove?: true;
  readonly json?: true;
}

async function alias(text: string, alias: string | undefined, flags: AliasFlags): Promise<void> {
  const reference = referenceOf(text);
  if (!('name' in reference)) throw usage(`Expected the name of a model before its digest but received ${text}`);
  if (alias !== undefined && !isAlias(alias)) {
    throw usage(`Expected an alias of letters, digits, _ and -, such as champion, but received ${describe(alias)}`);
  }
  const { name, version } = reference;
  if (flags.remove && alias === undefined) throw usage('Expected the alias to remove: alias --remove NAME ALIAS');
  if (flags.remove && version !== undefined)
    throw usage(`Expected a name without a version after --remove but received ${text}`);
  const registry = await openRegistry(flags);
  const before = await registry.aliases(name);
  if (alias === undefined) {
    const rows = [...before].sort(([a], [b]) => (a < b ? -1 : 1));
    if (flags.json) printJson({ name, aliases: Object.fromEntries(rows) });
    else printLines(rows.length > 0 ? columns(rows) : [`${name} has no aliases`]);
    return;
  }
  const from = before.get(alias);
  if (flags.remove) {
    await registry.setAlias(name, alias, undefined);
    if (!flags.json) process.stderr.write(servers);
    if (flags.json) printJson({ name, alias, version: null, before: from ?? null });
    else printLines([`removed ${name}@${alias}${from === undefined ? '' : `, which was ${from}`}`]);
    return;
  }
  const record = await recordOf(registry, reference);
  await registry.setAlias(name, alias, record.version);
  if (!flags.json) process.stderr.write(servers);
  if (flags.json) printJson({ name, alias, version: record.version, before: from ?? null });
  else
    printLines([
      `${name}@${alias} is ${record.version}${from === undefined || from === record.version ? '' : `; it was ${from}`}`,
    ]);
}
