import { Command } from 'commander';
import type { ModelRecord } from '../../../registry/index.js';
import { checkName } from '../../../registry/names.js';
import { addSettings } from '../../options.js';
import { formatBytes, inOneLine, printJson, printLines } from '../../report.js';
import { table, type Column } from '../../table.js';
import { asked } from '../../usage.js';
import { folderSettings, openRegistry, terminalWidth, type Flags } from './shared.js';
import type { ListedVersion } from './versions.js';

export function listCommand(): Command {
  const command = new Command('list')
    .description('list models, versions and aliases')
    .argument('[name]', 'of one model (default: all)')
    .option('--json', 'print JSON');
  return addSettings(command, folderSettings).action(list);
}

async function list(name: string | undefined, flags: Flags & { json?: true }): Promise<void> {
  if (name !== undefined) asked(() => checkName(name));
  const registry = await openRegistry(flags);
  const { listVersions } = await import('./versions.js');
  const versions = await listVersions(registry, name);
  if (flags.json) printJson({ versions: versions.map(inJson) });
  else if (versions.length === 0) printLines([`no models in ${registry.registryDir}`]);
  else printLines([...table(columns, versions, terminalWidth()), ...versions.flatMap(problemLines)]);
}

const columns: readonly Column<ListedVersion>[] = [
  { title: 'MODEL', of: ({ name }) => name },
  { title: 'VERSION', of: ({ version }) => version },
  { title: 'ALIASES', of: ({ aliases }) => aliases.join(', '), dispensable: 1 },
  { title: 'ENGINE', of: ({ record }) => record?.engine ?? 'broken' },
  {
    title: 'SIZE',
    of: ({ record }) => (record ? formatBytes(wholeBytes(record)) : ''),
    alignRight: true,
    dispensable: 3,
  },
  { title: 'TASK', of: ({ record }) => record?.task.type ?? '', dispensable: 4 },
  { title: 'CREATED', of: ({ record }) => record?.created.slice(0, 10) ?? '', dispensable: 5 },
  { title: 'SIGNED', of: ({ signed }) => (signed ? 'yes' : 'no'), dispensable: 2 },
];

/** Of the artifact and the files beside it. */
const wholeBytes = ({ artifact: { bytes, sidecars = [] } }: ModelRecord): number =>
  sidecars.reduce((sum, file) => sum + file.bytes, bytes);

function problemLines({ name, version, problem, quarantine }: ListedVersion): string[] {
  return [
    ...(problem ? [`broken: ${name} ${version}: [${problem.code}] ${inOneLine(problem.message)}`] : []),
    ...(quarantine
      ? [
          `quarantined: ${name} ${version}: [${quarantine.code}] ${inOneLine(quarantine.reason)} (registry clear ${name}@${version})`,
        ]
      : []),
  ];
}

function inJson({ name, version, aliases, signed, record, problem, quarantine }: ListedVersion) {
  const said = record && {
    engine: record.engine,
    artifact: record.artifact,
    created: record.created,
    task: record.task.type,
  };
  return { name, version, aliases, signed, ...said, ...(quarantine && { quarantine }), ...(problem && { problem }) };
}
