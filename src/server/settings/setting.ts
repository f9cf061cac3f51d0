import { delimiter } from 'node:path';

/** One setting: where it comes from, what it may be, what it is otherwise. */
export interface Setting<T> {
  /** Environment variable. */
  readonly env: string;
  /** Variable of other software that is honoured when nothing sets the value; the first number of an OpenMP list. */
  readonly envFallback?: string;
  /** Flag of `node-libtorch serve`, without dashes. */
  readonly flag: string;
  /** What JSON Schema demands of the value; the key in the JSON file is the setting's own name. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Turns the text of a flag or a variable into a value; what it cannot read it returns as it is, for the schema to refuse. */
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
}

/** What a row of the table may say beyond its kind. */
export interface SettingNames {
  env?: string;
  envFallback?: string;
  flag?: string;
}

type Row<T> = (key: string) => Setting<T>;

const asText = (text: string): unknown => text;
const asInteger = (text: string): unknown => (/^\s*[+-]?\d{1,15}\s*$/.test(text) ? Number(text) : text);
const asIntegers = (text: string): unknown => text.split(',').map(asInteger);

function base(key: string, names: SettingNames) {
  const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    env: names.env ?? `NODE_LIBTORCH_${words.replaceAll('-', '_').toUpperCase()}`,
    flag: names.flag ?? words,
    ...(names.envFallback !== undefined && { envFallback: names.envFallback }),
  };
}

export function integer(
  minimum: number,
  maximum: number,
  initial: number,
  description: string,
  names: SettingNames = {},
): Row<number> {
  return (key) => ({
    ...base(key, names),
    schema: { type: 'integer', minimum, maximum },
    parse: asInteger,
    values: `an integer from ${minimum} to ${maximum}`,
    initial,
    initialText: String(initial),
    description,
  });
}

/** An integer that something else chooses when it is not set. */
export function optionalInteger(
  minimum: number,
  maximum: number,
  initialText: string,
  description: string,
  names: SettingNames = {},
): Row<number | undefined> {
  return (key) => ({ ...integer(minimum, maximum, 0, description, names)(key), initial: undefined, initialText });
}

/** A list of integers that something else chooses when it is not set. */
export function optionalIntegers(
  minimum: number,
  maximum: number,
  initialText: string,
  description: string,
): Row<readonly number[] | undefined> {
  return (key) => ({
    ...base(key, {}),
    schema: { type: 'array', minItems: 1, maxItems: 16, items: { type: 'integer', minimum, maximum } },
    parse: asIntegers,
    values: `1 to 16 integers from ${minimum} to ${maximum}, separated by commas (an array in the file)`,
    initial: undefined,
    initialText,
    description,
  });
}

export function choice<const T extends string>(
  options: readonly T[],
  initial: NoInfer<T>,
  description: string,
  names: SettingNames = {},
): Row<T> {
  return (key) => ({
    ...base(key, names),
    schema: { type: 'string', enum: options },
    parse: asText,
    values: `one of ${options.join(', ')}`,
    initial,
    initialText: initial,
    description,
  });
}

/** A string that matches a pattern; `values` says the pattern in words. */
export function text<T extends string | undefined>(
  pattern: RegExp,
  values: string,
  initial: T,
  initialText: string,
  description: string,
  names: SettingNames = {},
): Row<T> {
  return (key) => ({
    ...base(key, names),
    schema: { type: 'string', pattern: pattern.source },
    parse: asText,
    values,
    initial,
    initialText,
    description,
  });
}

/** A list of files; a variable separates them by colons (semicolons on Windows), as PATH does. */
export function files(flag: string, description: string): Row<readonly string[]> {
  return (key) => ({
    ...base(key, { flag }),
    schema: { type: 'array', maxItems: 64, items: { type: 'string', minLength: 1 } },
    parse: (text) => text.split(delimiter),
    values: 'paths of files; the flag may be repeated, a variable separates them by colons (an array in the file)',
    initial: [],
    initialText: 'none',
    description,
    isPath: true,
    isRepeatable: true,
  });
}

export function directory(
  initial: () => string,
  initialText: string,
  description: string,
  names: SettingNames,
): Row<string> {
  return (key) => ({
    ...base(key, names),
    schema: { type: 'string', minLength: 1 },
    parse: asText,
    values: 'a directory',
    initial,
    initialText,
    description,
    isPath: true,
  });
}
