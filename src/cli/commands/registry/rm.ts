import { Command } from 'commander';
import { addSettings } from '../../options.js';
import { formatBytes, printJson, printLines } from '../../report.js';
import { recordOf, type Reference } from '../../target.js';
import { isVersion } from '../../../registry/names.js';
import type { ModelRecord, ModelRegistry } from '../../../registry/index.js';
import { folderSettings, openRegistry, referenceOf, usage, type Flags } from './shared.js';

const help = `
A version that an alias points to is refused: move or remove the alias first. Nothing is asked, and nothing brings it back.
Servers that have loaded it serve on.

Example: node-libtorch registry rm digits@v1.0`;

export function rmCommand(): Command {
  const command = new Command('rm')
    .description('remove a version: its artifact, record, card and signature')
    .argument('<model>', 'name@version or name@sha256:<hex>')
    .option('--json', 'print JSON')
    .addHelpText('after', help);
  return addSettings(command, folderSettings).action(rm);
}

async function rm(text: string, flags: Flags & { readonly json?: true }): Promise<void> {
  const reference = referenceOf(text);
  if ('name' in reference && reference.version === undefined) {
    throw usage(`Expected the version to remove, such as ${text}@v1.0, but received ${text}`);
  }
  const registry = await openRegistry(flags);
  const [name, version, record] = await meant(registry, reference);
  await registry.remove(name, version);
  const artifact = record?.artifact;
  if (flags.json) printJson({ name, version, ...(artifact && { artifact }) });
  else {
    const what = artifact && `: ${artifact.file}, ${formatBytes(artifact.bytes)}, sha256:${artifact.sha256}`;
    printLines([`removed ${name} ${version}${what ?? ', whose record could not be read'}`]);
  }
}

/** A version by its number may have a record that cannot be read: it is removed all the same. */
async function meant(
  registry: ModelRegistry,
  reference: Reference,
): Promise<[name: string, version: string, record: ModelRecord | undefined]> {
  if ('name' in reference && isVersion(reference.version)) {
    const { name, version } = reference;
    return [name, version, await registry.record(name, version).catch(unlessMissing)];
  }
  const record = await recordOf(registry, reference);
  return [record.name, record.version, record];
}

function unlessMissing(error: unknown): undefined {
  const { code } = error as { code?: unknown };
  if (code !== 'ERR_MANIFEST' && code !== 'ERR_INTEGRITY') throw error;
}
