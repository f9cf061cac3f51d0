import { Option } from 'commander';
import { torchError } from '../../../errors.js';
import type { ModelRegistry } from '../../../registry/index.js';
import type { SettingKey } from '../../../server/settings/table.js';
import { append, settingsOf } from '../../options.js';
import { parseReference, type Reference } from '../../target.js';
import { asked, UsageError } from '../../usage.js';

/** The flags of every command of the registry. */
export const folderSettings: readonly SettingKey[] = ['registryDir', 'modelsDir'];

export const referenceArgument = 'name, name@version, name@alias, name@sha256:<hex> or sha256:<hex>';

export type Flags = Readonly<Record<string, unknown>>;

/** The folders that flags, environment and settings name. @throws UsageError */
export async function foldersIn(flags: Flags): Promise<{ registryDir: string; modelsDir: string }> {
  const [{ commandSettings }, { foldersOf }] = await Promise.all([
    import('../../settings.js'),
    import('../../target.js'),
  ]);
  return foldersOf(commandSettings({ overrides: settingsOf(flags) }));
}

/** @param options `create` makes folders that are not there. @throws UsageError; as ModelRegistry.open */
export async function openRegistry(flags: Flags, options: { readonly create?: true } = {}): Promise<ModelRegistry> {
  const [folders, { ModelRegistry: Registry }] = await Promise.all([
    foldersIn(flags),
    import('../../../registry/index.js'),
  ]);
  return Registry.open({ ...options, ...folders });
}

/** @throws UsageError for what can be no reference */
export function referenceOf(text: string): Reference {
  return asked(() => parseReference(text));
}

/** @throws UsageError */
export function usage(message: string): UsageError {
  return new UsageError(torchError('ERR_INVALID_ARGUMENT', message));
}

/** Columns of the terminal on standard output; undefined where nobody looks. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
}

/** An option that may be given several times. A list after one flag would take the argument that follows it. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be repeated`).argParser(append);
}
