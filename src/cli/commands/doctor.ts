import { Command } from 'commander';
import type { Diagnosis } from '../../libtorch/diagnose.js';
import type { LibtorchSet } from '../../libtorch/find/libtorch-set.js';
import { columns, exitCodes, formatBytes, printJson, printLines } from '../report.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('show what was found on this machine, and what is wrong')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExits with 1 if something is broken. The report names no models and no secrets: paste it into a bug report.',
    )
    .action(async (flags: { json?: true }) => {
      const { diagnose } = await import('../../libtorch/diagnose.js');
      const diagnosis = await diagnose();
      if (flags.json) printJson(diagnosis);
      else printLines(report(diagnosis));
      if (!diagnosis.ok) process.exitCode = exitCodes.failure;
    });
}

function report({
  version,
  platform,
  cpu,
  memory,
  libtorchWanted,
  libtorch,
  addon,
  probe,
  env,
  cache,
  ok,
}: Diagnosis): string[] {
  const flags = Object.entries(cpu.flags ?? {}).flatMap(([flag, has]) => (has ? [flag] : []));
  const libc = platform.libc === 'glibc' ? `glibc ${platform.glibc ?? '?'}` : platform.libc;
  const lines = columns([
    ['node-libtorch', version],
    ['Node', platform.node],
    ['platform', [platform.triple, libc, `kernel ${platform.kernel}`, ...problem(platform.problem)].join(', ')],
    [
      'CPU',
      [cpu.model, `${cpu.cores} cores`, ...flags, ...(cpu.quota === undefined ? [] : [`quota ${cpu.quota}`])].join(
        ', ',
      ),
    ],
    [
      'memory',
      `${formatBytes(memory.freeBytes)} free of ${formatBytes(memory.totalBytes)}, limit ${memory.limit ?? 'none'}`,
    ],
    ['cache', cache ?? 'none: this user has no home folder; NODE_LIBTORCH_CACHE names another one'],
    ['addon', [addon.path, ...prebuilt(addon.prebuilt), ...problem(addon.problem)].filter(Boolean).join(', ')],
  ]);
  lines.push(`places where LibTorch ${libtorchWanted} is looked for`);
  const places = libtorch.map(({ source, place, set, problem: why }): [string, string] => [
    source,
    `${place}: ${set && why === undefined ? describe(set) : oneLine(why ?? 'not found')}`,
  ]);
  lines.push(...(places.length > 0 ? columns(places, '  ') : ['  nowhere']));
  const variables = Object.entries(env);
  if (variables.length > 0) lines.push('environment', ...columns(variables, '  '));
  lines.push(probe.ok ? `probe: loaded in ${probe.milliseconds} ms` : `probe: [${probe.code}] ${probe.message}`);
  if (probe.ok)
    lines.push(
      ...columns(
        Object.entries(probe.runtime).map(([key, value]) => [key, shown(value)] as const),
        '  ',
      ),
    );
  return [...lines, ok ? 'all checks passed' : 'something is broken, see above'];
}

const describe = ({ version, hasCuda, stripped }: LibtorchSet): string =>
  `${version}${hasCuda ? ' with CUDA' : ''}${stripped ? ', stripped' : ''}`;

/** What the package of the modules needs. */
function prebuilt(found: Diagnosis['addon']['prebuilt']): string[] {
  if (found === undefined) return [];
  const { torch, glibc, glibcxx } = found.nodeLibtorch ?? {};
  const needs = [torch && `LibTorch ${torch}`, glibc && `glibc ${glibc}`, glibcxx && `GLIBCXX_${glibcxx}`].filter(
    Boolean,
  );
  return [`prebuilt ${found.version} for ${needs.join(', ')}`];
}

const problem = (text: string | undefined): string[] => (text === undefined ? [] : [oneLine(text)]);
const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, '; ');
const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
