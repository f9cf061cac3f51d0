/** The task of a model file, as flags and the settings file say it. */
import { torchError } from '../errors.js';
import { readSmallFile } from '../files/regular-file.js';
import { noPreset, noTask } from '../server/settings/table.js';
import { imagePresets } from '../tasks/image/spec.js';
/** As a record's: 100 000 labels are some megabytes. */
const mostBytes = 16 * 2 ** 20;
/**
 * What the host asks for the task, once for each load, so that a reload reads the files anew; undefined where there is none.
 * @throws ERR_CONFIG for labels or a preset without a task
 */
export function taskOfSettings({ task, taskFile, labels, imagePreset }) {
    if (task === noTask && taskFile === undefined) {
        if (labels !== undefined)
            throw alone('labels');
        if (imagePreset !== noPreset)
            throw alone('imagePreset');
        return undefined;
    }
    return async () => {
        const written = taskFile === undefined ? {} : await readTask(taskFile);
        return {
            ...written,
            ...(task !== noTask && { type: task }),
            ...(labels !== undefined && { labels: await readLabels(labels) }),
            ...(imagePreset !== noPreset && { image: imagePresets[imagePreset] }),
        };
    };
}
/** A record has its own task. @throws ERR_CONFIG where another is given */
export function requireNoTask(given, name) {
    const { task = noTask, taskFile, labels, imagePreset = noPreset } = given;
    if (task === noTask && taskFile === undefined && labels === undefined && imagePreset === noPreset)
        return;
    throw torchError('ERR_CONFIG', `Expected no task, labels or imagePreset for ${name}: its record says what it is for`);
}
async function readTask(path) {
    const value = jsonOf(path, await read(path));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
        return value;
    throw torchError('ERR_CONFIG', `Expected an object, as a record's task is, in ${path}`);
}
/**
 * Labels in the order of the classes: a line each, a JSON array, or an object by the number of the class, as TorchServe's
 * `index_to_name.json` and the `id2label` of Hugging Face are. Of several names of a class the last is taken.
 */
async function readLabels(path) {
    const text = await read(path);
    if (!/^\s*[[{]/.test(text))
        return text.replace(/\r?\n$/, '').split(/\r?\n/);
    const value = jsonOf(path, text);
    const list = Array.isArray(value) ? value : byIndex(value);
    const labels = list.map((item) => (Array.isArray(item) ? item.at(-1) : item));
    if (labels.length > 0 && labels.every((label) => typeof label === 'string'))
        return labels;
    throw torchError('ERR_CONFIG', `Expected a label for each class, 0 to the last, in ${path}`);
}
function byIndex(names) {
    return Array.from({ length: Object.keys(names).length }, (_, index) => Reflect.get(names, String(index)));
}
async function read(path) {
    try {
        return await readSmallFile(path, path, mostBytes);
    }
    catch (cause) {
        const { code, message } = cause;
        const why = code?.startsWith('ERR_') ? message : `Expected a readable file at ${path} (${code})`;
        throw torchError('ERR_CONFIG', why, { cause });
    }
}
function jsonOf(path, text) {
    try {
        return JSON.parse(text);
    }
    catch {
        throw torchError('ERR_CONFIG', `Expected JSON in ${path}`);
    }
}
function alone(key) {
    return torchError('ERR_CONFIG', `Expected the setting task or taskFile beside ${key}, which says nothing without it`);
}
