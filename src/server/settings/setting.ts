import { delimiter } from 'node:path';

/** One setting: where it comes from, what it may be, what it is otherwise. */
export interface Setting<T> {
  /** Environment variable. */
  readonly env: string;
  /** Variable of other software that counts when nothing else sets the value: the first number of an OpenMP list. */
  readonly envFallback?: string;
  /** Flag of `node-libtorch serve`, without dashes. */
  readonly flag: string;
  /** What JSON Schema demands of the value; the key in the JSON file is the setting's own name. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Turns the text of a flag or a variable into a value. A text that it cannot read stays a text, for the schema to refuse. */
  readonly parse: (text: string) => unknown;
  /** The accepted values in words, for messages, help and documentation. */
  readonly values: string;
  /** A function where the value depends on the installation. */
  readonly initial: T | (() => T);
  /** How the default reads in help and documentation. */
  readonly initialText: string;
  readonly description: string;
  /** The value is a path: relative to the working directory, or to the JSON file that names it. */
  readonly isPath?: true;
  /** The flag may be given several times, and each adds to the list. */
  readonly isRepeatable?: true;
  /** It concerns one model: an entry of the setting `models` may have a value of its own. */
  readonly isPerModel?: true;
  /**
   * Of a value with parts: what was expected at a place inside of it and what came there; undefined for the value itself.
   * @param pointer the members that lead to the place
   * @param unknown a member of the place that it cannot have
   */
  readonly faultInside?: (
    value: unknown,
    pointer: readonly string[],
    unknown: string | undefined,
  ) => string | undefined;
  /** Makes the value in force of a value whose form is right; paths are relative to a folder. @throws ERR_CONFIG */
  readonly finish?: (value: unknown, from: string) => unknown;
  /** The flag has no value: given, it is true. */
  readonly isSwitch?: true;
}

/** What every row of the table may say. Names that are left out are made of the setting's own. */
interface About {
  readonly description: string;
  readonly env?: string;
  readonly envFallback?: string;
  readonly flag?: string;
}

/** Inclusive bounds. */
interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Makes a row, given its key. */
export type Row<T> = (key: string) => Setting<T>;

/** Rows by their keys. */
export type RowTable = Readonly<Record<string, Row<unknown>>>;

/** Marks settings that concern one model. */
export function ofEachModel<const R extends RowTable>(rows: R): R {
  const marked = Object.entries(rows).map(([name, row]) => [
    name,
    (key: string) => ({ ...row(key), isPerModel: true as const }),
  ]);
  return Object.fromEntries(marked) as R;
}

const asText = (text: string): unknown => text;
const asInteger = (text: string): unknown => (/^\s*[+-]?\d{1,15}\s*$/.test(text) ? Number(text) : text);
const asNumber = (text: string): unknown =>
  /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*$/i.test(text) ? Number(text) : text;
const asBoolean = (text: string): unknown => (text === 'true' ? true : text === 'false' ? false : text);
const asIntegers = (text: string): unknown => text.split(',').map(asInteger);

function named(key: string, { description, env, envFallback, flag }: About) {
  const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    description,
    env: env ?? `NODE_LIBTORCH_${words.replaceAll('-', '_').toUpperCase()}`,
    flag: flag ?? words,
    ...(envFallback !== undefined && { envFallback }),
  };
}

export function integer({ min, max, initial, ...about }: About & Bounds & { readonly initial: number }): Row<number> {
  return (key) => ({
    ...named(key, about),
    schema: { type: 'integer', minimum: min, maximum: max },
    parse: asInteger,
    values: `an integer from ${min} to ${max}`,
    initial,
    initialText: String(initial),
  });
}

/** An integer that something else chooses when it is not set. */
export function optionalInteger({
  initialText,
  ...about
}: About & Bounds & { readonly initialText: string }): Row<number | undefined> {
  return (key) => ({ ...integer({ ...about, initial: 0 })(key), initial: undefined, initialText });
}

/** A number that something else chooses when it is not set. */
export function optionalNumber({
  min,
  max,
  initialText,
  ...about
}: About & Bounds & { readonly initialText: string }): Row<number | undefined> {
  return (key) => ({
    ...named(key, about),
    schema: { type: 'number', minimum: min, maximum: max },
    parse: asNumber,
    values: `a number from ${min} to ${max}`,
    initial: undefined,
    initialText,
  });
}

/** A list of integers that something else chooses when it is not set. */
export function optionalIntegers({
  min,
  max,
  initialText,
  ...about
}: About & Bounds & { readonly initialText: string }): Row<readonly number[] | undefined> {
  return (key) => ({
    ...named(key, about),
    schema: { type: 'array', minItems: 1, maxItems: 16, items: { type: 'integer', minimum: min, maximum: max } },
    parse: asIntegers,
    values: `1 to 16 integers from ${min} to ${max}, separated by commas (an array in the file)`,
    initial: undefined,
    initialText,
  });
}

export function boolean({ initial, ...about }: About & { readonly initial: boolean }): Row<boolean> {
  return (key) => ({
    ...named(key, about),
    schema: { type: 'boolean' },
    parse: asBoolean,
    values: 'true or false',
    initial,
    initialText: String(initial),
  });
}

export function choice<const T extends string>({
  options,
  initial,
  ...about
}: About & { readonly options: readonly T[]; readonly initial: NoInfer<T> }): Row<T> {
  return (key) => ({
    ...named(key, about),
    schema: { type: 'string', enum: options },
    parse: asText,
    values: `one of ${options.join(', ')}`,
    initial,
    initialText: initial,
  });
}

interface TextForm {
  readonly pattern: RegExp;
  /** The pattern in words. */
  readonly values: string;
}

/** A string that matches a pattern. */
export function text({ initial, ...form }: About & TextForm & { readonly initial: string }): Row<string> {
  return (key) => ({ ...optionalText({ ...form, initialText: initial })(key), initial });
}

/** A string that matches a pattern, or that something else chooses when it is not set. */
export function optionalText({
  pattern,
  values,
  initialText,
  ...about
}: About & TextForm & { readonly initialText: string }): Row<string | undefined> {
  return (key) => ({
    ...named(key, about),
    schema: { type: 'string', pattern: pattern.source },
    parse: asText,
    values,
    initial: undefined,
    initialText,
  });
}

/** A directory that need not be set. */
export function optionalDirectory({
  initialText,
  ...about
}: About & { readonly initialText: string }): Row<string | undefined> {
  return (key) => ({ ...directory({ ...about, initial: () => '', initialText })(key), initial: undefined });
}

/** Off, unless the flag is given. A variable or the file says `true`. */
export function toggle(about: About): Row<boolean> {
  return (key) => ({ ...boolean({ ...about, initial: false })(key), isSwitch: true });
}

/** A file that need not be set. */
export function optionalFile({
  initialText,
  ...about
}: About & { readonly initialText: string }): Row<string | undefined> {
  return (key) => ({ ...optionalDirectory({ ...about, initialText })(key), values: 'path of a file' });
}

/** A list of texts of one form. A flag and a variable separate them by commas. */
export function texts({ pattern, values, ...about }: About & TextForm): Row<readonly string[]> {
  return (key) => ({
    ...named(key, about),
    schema: { type: 'array', maxItems: 64, items: { type: 'string', pattern: pattern.source } },
    parse: (given) => given.split(',').map((part) => part.trim()),
    values: `${values}, separated by commas (an array in the file)`,
    initial: [],
    initialText: 'none',
  });
}

/** A list of files. A variable separates them by colons (semicolons on Windows), as PATH does. */
export function files(about: About): Row<readonly string[]> {
  return (key) => ({
    ...named(key, about),
    schema: { type: 'array', maxItems: 64, items: { type: 'string', minLength: 1 } },
    parse: (text) => text.split(delimiter),
    values: 'paths of files; the flag may be repeated, a variable separates them by colons (an array in the file)',
    initial: [],
    initialText: 'none',
    isPath: true,
    isRepeatable: true,
  });
}

/** A folder whose default depends on the installation. */
export function directory({
  initial,
  initialText,
  ...about
}: About & { readonly initial: () => string; readonly initialText: string }): Row<string> {
  return (key) => ({
    ...named(key, about),
    schema: { type: 'string', minLength: 1 },
    parse: asText,
    values: 'a directory',
    initial,
    initialText,
    isPath: true,
  });
}
