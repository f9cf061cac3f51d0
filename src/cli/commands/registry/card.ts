import { Command, Option } from 'commander';
import { cardFormats, type CardFormat } from '../../../registry/card/index.js';
import { addSettings } from '../../options.js';
import { printableLines, printJson, printLines } from '../../report.js';
import { recordOf } from '../../target.js';
import { folderSettings, openRegistry, referenceArgument, referenceOf, usage, type Flags } from './shared.js';

const help = `
Without --format it prints the card that lies beside the record. With it the card is made of the record:
  markdown   for people
  hf         markdown with the front matter of Hugging Face: README.md of a repository there
  cyclonedx  a machine-readable bill of materials (ML-BOM), as JSON

Example: node-libtorch registry card digits@champion --format cyclonedx > digits.cdx.json`;

export function cardCommand(): Command {
  const command = new Command('card')
    .description('print the card of a version, or make it in another format')
    .argument('<model>', referenceArgument)
    .addOption(new Option('--format <format>', 'what to make of the record').choices([...cardFormats]))
    .option('--write', 'put it beside the record, as MODEL_CARD.md, in the place of the card that is there')
    .option('--json', 'print JSON: {"name", "version", "format", "card"}')
    .addHelpText('after', help);
  return addSettings(command, folderSettings).action(card);
}

interface CardFlags extends Flags {
  readonly format?: CardFormat;
  readonly write?: true;
  readonly json?: true;
}

async function card(text: string, flags: CardFlags): Promise<void> {
  const reference = referenceOf(text);
  if (flags.write && flags.format === 'cyclonedx')
    throw usage('Expected --format markdown or hf with --write: MODEL_CARD.md is Markdown');
  const registry = await openRegistry(flags);
  const record = await recordOf(registry, reference);
  const { name, version } = record;
  const path = registry.cardPath(name, version);
  const { cardText } = await import('./card-text.js');
  const { format, content } = await cardText(record, path, flags);
  if (flags.write) {
    await (await registry.store()).replaceFile(name, version, 'MODEL_CARD.md', content);
    if (flags.json) printJson({ name, version, format, path });
    else printLines([`wrote ${path}`]);
  } else if (flags.json)
    printJson({ name, version, format, card: format === 'cyclonedx' ? (JSON.parse(content) as unknown) : content });
  else process.stdout.write(process.stdout.isTTY ? printableLines(content) : content);
}
