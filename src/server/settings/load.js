import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, torchError } from '../../errors.js';
import { pathFrom } from './model-entries.js';
import { defaultOf, settingKeys, settingsTable } from './table.js';
import { settingsFault } from './validate.js';
/**
 * The settings in force: overrides before environment before file before defaults.
 * @throws ERR_CONFIG naming the setting, where its value came from, what was expected and what came
 */
export function loadSettings({ env = process.env, file, overrides = {}, defaults = {}, } = {}) {
    const settings = {
        ...initialValues(),
        ...defaults,
        // Variables of other software are often set for a whole machine: what was said to us comes before them.
        ...fromEnvironment(env, (setting) => setting.envFallback),
        ...fromFile(file),
        ...fromEnvironment(env, (setting) => setting.env),
        ...fromOverrides(overrides),
    };
    if (settings.headersTimeoutMs > settings.receiveTimeoutMs) {
        throw configError(`Expected setting headersTimeoutMs to be at most receiveTimeoutMs (${settings.receiveTimeoutMs}) but received ${settings.headersTimeoutMs}`);
    }
    return Object.freeze(settings);
}
function initialValues() {
    return Object.fromEntries(settingKeys.map((key) => [key, defaultOf(key)]));
}
function fromOverrides(overrides) {
    const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
    const parsed = given.map(([key, value]) => {
        const setting = Object.hasOwn(settingsTable, key) ? settingsTable[key] : undefined;
        return [key, typeof value === 'string' && setting ? setting.parse(value) : value];
    });
    const sourceOf = (key) => `flag --${settingsTable[key].flag}`;
    return finished(checked(Object.fromEntries(parsed), sourceOf, 'flags'), sourceOf, '.');
}
function fromEnvironment(env, variableOf) {
    const values = {};
    for (const key of settingKeys) {
        const setting = settingsTable[key];
        const variable = variableOf(setting);
        const text = variable === undefined ? undefined : env[variable];
        if (!text)
            continue;
        // OpenMP allows one number for each level of nesting; the first is what a run gets.
        values[key] = setting.parse(variable === setting.envFallback ? text.replace(/,.*/, '') : text);
    }
    const sourceOf = (key) => `environment variable ${variableOf(settingsTable[key])}`;
    return finished(checked(values, sourceOf, 'environment'), sourceOf, '.');
}
function fromFile(file) {
    if (file === undefined)
        return {};
    const sourceOf = () => `file ${file}`;
    return finished(checked(parseFile(file), sourceOf, `file ${file}`), sourceOf, dirname(file));
}
function parseFile(file) {
    let content;
    try {
        content = readFileSync(file, 'utf8');
    }
    catch (cause) {
        throw configError(`Expected a readable settings file at ${file} (${cause.code})`, cause);
    }
    try {
        return JSON.parse(content);
    }
    catch {
        // The parser's own message quotes the file, which may hold what does not belong in a log.
        throw configError(`Expected file ${file} to hold JSON`);
    }
}
function checked(values, sourceOf, source) {
    const fault = settingsFault(values);
    switch (fault?.kind) {
        case undefined:
            return values;
        case 'unknown':
            throw configError(`Unknown setting ${describe(fault.name)} in ${source}; see docs/settings.md`);
        case 'form':
            throw configError(`Expected an object of settings in ${source} but received ${describe(values)}`);
        case 'value': {
            const { values: accepted, faultInside } = settingsTable[fault.key];
            const value = values[fault.key];
            const inside = faultInside?.(value, fault.inside, fault.unknown);
            if (inside !== undefined)
                throw configError(`${inside} (${sourceOf(fault.key)})`);
            const received = describe(value);
            throw configError(`Expected ${accepted} for setting ${fault.key} (${sourceOf(fault.key)}) but received ${received}`);
        }
    }
}
/** The values in force: paths are seen from a folder, and values with parts have their one form. */
function finished(values, sourceOf, from) {
    for (const key of settingKeys) {
        const { isPath, finish } = settingsTable[key];
        const value = values[key];
        if (value === undefined)
            continue;
        if (isPath)
            values[key] = pathFrom(from, value);
        try {
            if (finish)
                values[key] = finish(value, from);
        }
        catch (error) {
            throw configError(`${error.message} (${sourceOf(key)})`, error);
        }
    }
    return values;
}
function configError(message, cause) {
    return torchError('ERR_CONFIG', message, cause === undefined ? {} : { cause });
}
