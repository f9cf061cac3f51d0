import { Option, type Command } from 'commander';
// The table alone, not config.js: the validator behind it would make --help wait.
import { settingsTable, type SettingKey } from '../server/settings/table.js';

/** Adds one flag for each setting, with its values, default and environment variable in the help. */
export function addSettings(command: Command, keys: readonly SettingKey[]): Command {
  for (const key of keys) {
    const { flag, values, initialText, env, description, isRepeatable, isSwitch } = settingsTable[key];
    const help = `${description} ${sentence(values)} (default: ${initialText}; ${env})`;
    const option = new Option(isSwitch ? `--${flag}` : `--${flag} <value>`, help);
    command.addOption(isRepeatable ? option.argParser(append) : option);
  }
  return command;
}

/** The settings that were given as flags, as text. */
export function settingsOf(options: Readonly<Record<string, unknown>>): Partial<Record<SettingKey, unknown>> {
  const given: Partial<Record<SettingKey, unknown>> = {};
  for (const key of Object.keys(settingsTable) as SettingKey[]) {
    const value = options[new Option(`--${settingsTable[key].flag} <value>`).attributeName()];
    if (value !== undefined) given[key] = value;
  }
  return given;
}

/** How a command names a model, in its help. */
export const modelArgument = 'a model file, or in the registry name, name@version, name@alias or name@sha256:<hex>';

/** What `run`, `inspect` and `types` need to bring a model up; `serve` has every setting. */
export const modelSettings: readonly SettingKey[] = [
  'registryDir',
  'modelsDir',
  'engine',
  'device',
  'precision',
  'optimize',
  'autograd',
  'operatorLibraries',
  'externalDataRoot',
  'intraOpThreads',
];

/** Collects the values of an option that may be repeated. */
export const append = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
