import type { ModelRecord, ModelRegistry } from '../../../registry/index.js';
import type { PullProgress } from '../../../registry/pull/options.js';
import { settingsTable } from '../../../server/settings/table.js';
import { settingsOf } from '../../options.js';
import { showing } from '../../progress.js';
import { formatBytes, printJson, printLines, printable } from '../../report.js';
import { signatureRows } from '../../signature-rows.js';
import { signatureOf } from '../../../registry/index.js';
import { admissionRows } from './describe.js';
import { folderSettings, terminalWidth, type Flags } from './shared.js';
import { shownInJson, shownOf, type Shown } from './shown.js';
import { rowsOf } from '../../table.js';
import { openForAdding } from './writable.js';

interface Added {
  readonly record: ModelRecord;
  readonly added: boolean;
  readonly repaired?: true;
}

interface AddedFlags extends Flags {
  readonly alias?: readonly string[];
  readonly json?: true;
}

const steps: Readonly<Record<Exclude<PullProgress['stage'], 'download' | 'data'>, string>> = {
  resolve: 'Asking the hub',
  copy: 'Copying and hashing',
  load: 'Loading it in a process of its own',
  run: 'Trying it',
  record: 'Writing its record and card',
};

/** Adds a version, lets its aliases point to it, and prints what is there now. */
export async function addVersion(
  flags: AddedFlags,
  add: (registry: ModelRegistry, onProgress: (progress: PullProgress) => void) => Promise<Added>,
): Promise<void> {
  const registry = await openForAdding(flags, (text) => void process.stderr.write(`${text}\n`));
  const { record, added, repaired } = await showing('Reading', ({ step, at }) =>
    add(registry, (progress) => {
      if (progress.stage === 'download') at(`Fetching ${printable(progress.file)}`, progress.bytes, progress.total);
      else if (progress.stage === 'data') step(`Running it on ${progress.rows} of ${progress.total} rows`);
      else step(steps[progress.stage]);
    }),
  );
  for (const alias of flags.alias ?? []) await registry.setAlias(record.name, alias, record.version);
  const shown = await shownOf(registry, record);
  if (flags.json)
    printJson({ added, ...(repaired && { repaired }), notStated: notStated(record), ...shownInJson(shown) });
  else printLines(report(shown, { added, repaired }, flags));
}

function report(
  shown: Shown,
  { added, repaired }: { readonly added: boolean; readonly repaired: true | undefined },
  flags: AddedFlags,
): string[] {
  const { record, artifact, card, aliases } = shown;
  const { name, version, engine } = record;
  const width = terminalWidth();
  const missing = notStated(record);
  return [
    added
      ? `added ${name} ${version}: ${engine}, ${formatBytes(record.artifact.bytes)}`
      : repaired
        ? `${name} ${version} is there already: its files, of which some were missing or damaged, are put back`
        : `${name} ${version} is there already, with these bytes: nothing was changed`,
    ...rowsOf(
      [
        ['digest', `sha256:${record.artifact.sha256}`],
        ...(artifact === undefined ? [] : [['file', artifact] as const]),
        ...(card === undefined ? [] : [['card', card] as const]),
        ...(aliases.length > 0 ? [['aliases', aliases.join(', ')] as const] : []),
        ...(missing.length > 0 ? [['not stated', missing.join(', ')] as const] : []),
      ],
      width,
    ),
    'signature',
    ...rowsOf(signatureRows(signatureOf(record)), width),
    ...(added ? ['admission', ...rowsOf(admissionRows(record), width)] : []),
    'next',
    ...nextSteps(shown, flags).map((command) => `  ${command}`),
  ];
}

/** What the card shows as not stated. */
function notStated({
  sourceCommit,
  metrics,
  training,
  framework,
  license,
  intendedUse,
  limitations,
}: ModelRecord): string[] {
  const asked = {
    'source commit': sourceCommit,
    metrics,
    training,
    framework,
    license,
    'intended use': intendedUse,
    limitations,
  };
  return Object.entries(asked).flatMap(([what, value]) => (value === undefined ? [what] : []));
}

function nextSteps({ record: { name, version }, aliases }: Shown, flags: AddedFlags): string[] {
  const given = settingsOf(flags);
  const folders = folderSettings.flatMap((key) =>
    typeof given[key] === 'string' ? [`--${settingsTable[key].flag}`, quoted(given[key])] : [],
  );
  const command = (...words: string[]): string => ['node-libtorch', ...words, ...folders].join(' ');
  const [alias] = aliases;
  return [
    command('serve', `${name}@${alias ?? version}`),
    ...(alias === undefined ? [command('registry alias', `${name}@${version}`, 'champion')] : []),
  ];
}

const quoted = (path: string): string =>
  /^[\w./@:+-]+$/.test(path) ? path : `'${printable(path).replaceAll("'", `'\\''`)}'`;
