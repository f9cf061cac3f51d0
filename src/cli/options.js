import { Option } from 'commander';
// The table alone, not config.js: the validator behind it would make --help wait.
import { settingsTable } from '../server/settings/table.js';
/** Adds one flag for each setting, with its values, default and environment variable in the help. */
export function addSettings(command, keys) {
    for (const key of keys) {
        const { flag, values, initialText, env, description, isRepeatable, isSwitch } = settingsTable[key];
        const help = `${description} ${sentence(values)} (default: ${initialText}; ${env})`;
        const option = new Option(isSwitch ? `--${flag}` : `--${flag} <value>`, help);
        command.addOption(isRepeatable ? option.argParser(append) : option);
    }
    return command;
}
/** The settings that were given as flags, as text. */
export function settingsOf(options) {
    const given = {};
    for (const key of Object.keys(settingsTable)) {
        const value = options[new Option(`--${settingsTable[key].flag} <value>`).attributeName()];
        if (value !== undefined)
            given[key] = value;
    }
    return given;
}
/** What `run`, `inspect` and `types` need to bring a model up; `serve` has every setting. */
export const modelSettings = [
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
const append = (value, before) => [...(before ?? []), value];
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
