/** The task of a model file, as flags and the settings file say it. */
import { torchError } from '../errors.js';
import { readSmallFile } from '../files/regular-file.js';
import type { ModelSettings } from '../server/settings/table.js';
import { noPreset, noTask } from '../server/settings/tables/model.js';
import type { HostFileModel } from '../serving/index.js';
import { imagePresets } from '../tasks/image/spec.js';
import type { TaskGiven } from '../tasks/kinds/given.js';

const taskSettings = ['task', 'taskFile', 'labels', 'imagePreset'] as const;
type TaskSettings = Pick<ModelSettings, (typeof taskSettings)[number]>;

/** Whether a setting says what a model file is for. */
export const isTaskSetting = (key: string): boolean => (taskSettings as readonly string[]).includes(key);

/** As a record's: 100 000 labels are some megabytes. */
const mostBytes = 16 * 2 ** 20;

/**
 * What the host asks for the task, once for each load, so that a reload reads the files anew; undefined where there is none.
 * @throws ERR_CONFIG for labels or a preset without a task
 */
export function taskOfSettings({ task, taskFile, labels, imagePreset }: TaskSettings): HostFileModel['task'] {
  if (task === noTask && taskFile === undefined) {
    if (labels !== undefined) throw alone('labels');
    if (imagePreset !== noPreset) throw alone('imagePreset');
    return undefined;
  }
  return async () => {
    const written = taskFile === undefined ? {} : await readJsonObject(taskFile, ", as a record's task is,");
    return {
      ...written,
      ...(task !== noTask && { type: task }),
      ...(labels !== undefined && { labels: await readLabels(labels) }),
      ...(imagePreset !== noPreset && { image: imagePresets[imagePreset] }),
    } as TaskGiven;
  };
}

/** A record has its own task. @throws ERR_CONFIG where another is given */
export function requireNoTask(given: Partial<TaskSettings>, name: string): void {
  const { task = noTask, taskFile, labels, imagePreset = noPreset } = given;
  if (task === noTask && taskFile === undefined && labels === undefined && imagePreset === noPreset) return;
  throw torchError('ERR_CONFIG', `Expected no task, labels or imagePreset for ${name}: its record says what it is for`);
}

/** @throws ERR_CONFIG for a file that cannot be read, or that holds anything but a JSON object */
export async function readJsonObject(path: string, like = ''): Promise<Record<string, unknown>> {
  const value = jsonOf(path, await read(path));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw torchError('ERR_CONFIG', `Expected an object${like} in ${path}`);
}

/**
 * Labels in the order of the classes: a line each, a JSON array, or an object by the number of the class, as TorchServe's
 * `index_to_name.json` and the `id2label` of Hugging Face are. Of several names of a class the last is taken.
 * @throws ERR_CONFIG
 */
export async function readLabels(path: string): Promise<readonly string[]> {
  const text = await read(path);
  if (!/^\s*[[{]/.test(text)) return text.replace(/\r?\n$/, '').split(/\r?\n/);
  const value = jsonOf(path, text);
  const list = Array.isArray(value) ? (value as unknown[]) : byIndex(value as object);
  const labels = list.map((item) => (Array.isArray(item) ? (item as unknown[]).at(-1) : item));
  if (labels.length > 0 && labels.every((label) => typeof label === 'string')) return labels;
  throw torchError('ERR_CONFIG', `Expected a label for each class, 0 to the last, in ${path}`);
}

function byIndex(names: object): unknown[] {
  return Array.from({ length: Object.keys(names).length }, (_, index) => Reflect.get(names, String(index)) as unknown);
}

async function read(path: string): Promise<string> {
  try {
    return await readSmallFile(path, path, mostBytes);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code?.startsWith('ERR_') ? message : `Expected a readable file at ${path} (${code})`;
    throw torchError('ERR_CONFIG', why, { cause });
  }
}

function jsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw torchError('ERR_CONFIG', `Expected JSON in ${path}`);
  }
}

function alone(key: string) {
  return torchError('ERR_CONFIG', `Expected the setting task or taskFile beside ${key}, which says nothing without it`);
}
