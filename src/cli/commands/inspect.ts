import { Command } from 'commander';
import { engineTable } from '../../engines/index.js';
import type { EngineName, ExtraFile } from '../../model/info.js';
import type { MethodSchema } from '../../signature/spec.js';
import type { LoadedTarget } from '../load-target.js';
import { addSettings, modelArgument, modelSettings, settingsOf } from '../options.js';
import { columns, formatBytes, printJson, printLines, printable } from '../report.js';
import { signatureRows } from '../signature-rows.js';

export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('load a model and show its methods, signature and sizes, and its record if it is in the registry')
    .argument('<model>', modelArgument)
    .option('--json', 'print JSON');
  return addSettings(command, modelSettings).action(inspect);
}

async function inspect(model: string, flags: { json?: true } & Record<string, unknown>): Promise<void> {
  const { loadTarget } = await import('../load-target.js');
  await using loaded = await loadTarget(model, settingsOf(flags));
  if (flags.json) {
    const { info, signature } = loaded.model;
    printJson({ file: loaded.path, ...info, signature, record: loaded.record });
  } else printLines(describeModel(loaded));
}

function describeModel({ model, path, record }: LoadedTarget): string[] {
  const { info, signature } = model;
  const lines = columns([
    ['file', path],
    ['kind', `${info.engine} file, ${formatBytes(info.artifactBytes)}`],
    ['sha256', info.sha256],
    ['device', `${info.device.device} (${info.device.reason})`],
    ['parameters', `${formatBytes(info.parameterBytes)}, precision ${info.precision}`],
    ['optimize', info.optimize],
    ['stateful', info.stateful ? `yes: ${info.statefulReason ?? 'runs change it'}` : 'no'],
    ...(info.random ? [['random', 'yes: equal inputs may give different answers'] as const] : []),
    ...(info.autograd ? [['autograd', 'yes: it takes gradients while it runs'] as const] : []),
  ]);
  lines.push('methods', ...info.methods.map((method) => `  ${printable(formatMethod(method))}`));
  if (signature) lines.push('signature', ...columns(signatureRows(signature), '  '));
  if (info.extraFiles) lines.push('extra files', ...columns(info.extraFiles.map(extraFileRow), '  '));
  if (record) {
    const { testAccuracy, testSamples } = record.metrics ?? {};
    const accuracy =
      testAccuracy === undefined ? [] : [['test', `accuracy ${testAccuracy} on ${testSamples} samples`] as const];
    lines.push(
      `record of ${record.name} ${record.version}`,
      ...columns([['created', record.created], ['commit', record.sourceCommit ?? 'not stated'], ...accuracy], '  '),
    );
  }
  return [...lines, ...info.warnings.map((warning) => `warning: ${printable(warning)}`), ...outlookOf(info.engine)];
}

/** What to know of a format beyond the file. */
function outlookOf(engine: EngineName): string[] {
  const { outlook } = engineTable[engine];
  return outlook === undefined ? [] : [outlook];
}

function formatMethod({ name, args, returns }: MethodSchema): string {
  const list = args.map((arg) => `${arg.name}: ${arg.type}${arg.hasDefault ? ' = …' : ''}`);
  return `${name}(${list.join(', ')}) -> ${returns.join(', ')}`;
}

/** The first line of a text, without what a terminal would obey. */
function extraFileRow({ name, bytes, text }: ExtraFile): readonly [string, string] {
  const line = text === undefined ? '' : JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
  return [printable(name), `${formatBytes(bytes)} ${line}`];
}
