/** Flags under which manifests of KServe say what ours say. docs/settings.md has the table. */
import { Option, type Command } from 'commander';
import { torchError } from '../errors.js';
import type { SettingKey } from '../server/settings/table.js';

/** What `serve` is asked for on its command line. */
export interface ServeFlags {
  readonly targets: readonly string[];
  readonly name: string | undefined;
  readonly overrides: Readonly<Partial<Record<SettingKey, unknown>>>;
}

interface KserveFlag {
  /** Without dashes. */
  readonly flag: string;
  /** Ours, in words. */
  readonly as: string;
  readonly means: 'target' | 'name' | 'port' | 'grpcPort';
}

/** One row for each. KServe's own runtimes give one model these. */
export const kserveFlags: readonly KserveFlag[] = [
  { flag: 'model_name', as: '--name', means: 'name' },
  { flag: 'model_dir', as: 'the only argument', means: 'target' },
  { flag: 'model_path', as: 'the only argument', means: 'target' },
  { flag: 'http_port', as: '--port; another --port beside it is the port of gRPC', means: 'port' },
  { flag: 'rest_port', as: '--port; another --port beside it is the port of gRPC', means: 'port' },
  { flag: 'grpc_port', as: '--grpc-port', means: 'grpcPort' },
];

export function addKserveFlags(command: Command): Command {
  for (const { flag, as } of kserveFlags) command.addOption(new Option(`--${flag} <value>`, `as ${as} (KServe)`));
  return command;
}

/**
 * What was asked for with our flags and KServe's. Servers that have --rest_port or --http_port call the port of gRPC --port, so
 * beside one of them another port is that here.
 * @param flags what commander read, by its own names
 * @throws ERR_INVALID_ARGUMENT where two flags say different things
 */
export function withKserveFlags(given: ServeFlags, flags: Readonly<Record<string, unknown>>): ServeFlags {
  const said = kserveFlags.flatMap(({ flag, means }) => {
    const value = flags[flag];
    return value === undefined ? [] : [{ means, flag: `--${flag}`, value: value as string }];
  });
  const { port: ownPort, grpcPort: ownGrpcPort, ...others } = given.overrides;
  const isGrpcPort = said.some(({ means, value }) => means === 'port' && value !== ownPort);
  const own = [
    ...given.targets.map((value) => ({ means: 'target', flag: 'the argument', value })),
    { means: 'name', flag: '--name', value: given.name },
    { means: isGrpcPort ? 'grpcPort' : 'port', flag: '--port', value: ownPort },
    { means: 'grpcPort', flag: '--grpc-port', value: ownGrpcPort },
  ];
  const all = [...own, ...said];
  const port = oneOf(all, 'port', 'port of HTTP');
  const grpcPort = oneOf(all, 'grpcPort', 'port of gRPC');
  const name = oneOf(all, 'name', 'name') as string | undefined;
  const hasTarget = said.some(({ means }) => means === 'target');
  return {
    targets: hasTarget ? [oneOf(all, 'target', 'model') as string] : given.targets,
    name,
    overrides: { ...others, ...(port !== undefined && { port }), ...(grpcPort !== undefined && { grpcPort }) },
  };
}

/** @throws ERR_INVALID_ARGUMENT */
function oneOf(
  all: readonly { readonly means: string; readonly flag: string; readonly value: unknown }[],
  means: string,
  what: string,
): unknown {
  const given = all.filter((one) => one.means === means && one.value !== undefined);
  const [first, ...more] = given;
  if (more.every(({ value }) => value === first?.value)) return first?.value;
  const both = given.map(({ flag, value }) => `${flag} ${String(value)}`).join(' and ');
  throw torchError('ERR_INVALID_ARGUMENT', `Expected one ${what} but received ${both}`);
}
