/** The setting `models`: what is served, and how each model differs from the shared settings. */
import { describe } from '../../errors.js';
import { entriesOf, placeOf, referenceWords, servedNames, type ModelEntry, type Models } from './model-entries.js';
import type { Row, RowTable } from './setting.js';

/** What says of a model which it is. */
const identity = {
  file: { type: 'string', minLength: 1 },
  name: { type: 'string', maxLength: 128 },
  version: { type: 'string', minLength: 1, maxLength: 128 },
  versions: { type: 'array', minItems: 1, maxItems: 64, items: { type: 'string', minLength: 1, maxLength: 128 } },
};

const identityWords: Readonly<Record<keyof typeof identity, string>> = {
  file: 'the path of a model file',
  name: servedNames,
  version: `a version: of a file 1 to 128 letters, digits, . _ or -, in the registry ${referenceWords}`,
  versions: `an array of 1 to 64, each ${referenceWords}`,
};

const mostModels = 256;
const listWords = `an array of 1 to ${mostModels} objects, or an object of such by the models' names`;

/** The row of the list: entries may have what `rows` may have. */
export function modelList(
  rows: RowTable,
  { flag, description }: { readonly flag: string; readonly description: string },
): Row<readonly ModelEntry[] | undefined> {
  return (key) => ({
    env: 'NODE_LIBTORCH_MODEL_LIST',
    flag,
    schema: schemaOf(Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, row(name).schema]))),
    parse: parseJson,
    values: `${listWords} (JSON in a flag or a variable)`,
    initial: undefined,
    initialText: 'the setting model alone',
    description,
    faultInside: (value, pointer, unknown) => faultInside(rows, key, value, pointer, unknown),
    finish: (value, from) => entriesOf(key, value as Models, pathsOf(rows), from),
  });
}

function schemaOf(settings: Readonly<Record<string, object>>): Record<string, unknown> {
  const model = { type: 'object', additionalProperties: false, properties: { ...identity, ...settings } };
  return {
    type: ['array', 'object'],
    minItems: 1,
    maxItems: mostModels,
    items: model,
    minProperties: 1,
    maxProperties: mostModels,
    additionalProperties: model,
  };
}

/** The settings that are paths. */
const pathsOf = (rows: RowTable): readonly string[] =>
  Object.entries(rows).flatMap(([name, row]) => (row(name).isPath ? [name] : []));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** What was expected at a place inside of the list, and what came; undefined where the list itself is at fault. */
function faultInside(
  rows: RowTable,
  key: string,
  value: unknown,
  pointer: readonly string[],
  unknown: string | undefined,
): string | undefined {
  const [item, member] = pointer;
  if (item === undefined) return undefined;
  const at = placeOf(key, value as Models, item);
  const model = Reflect.get(value as object, item) as unknown;
  if (member === undefined) {
    if (unknown === undefined) return `Expected an object for ${at} but received ${describe(model)}`;
    const known = [...Object.keys(identity), ...Object.keys(rows)].join(', ');
    return `Expected one of ${known} in ${at} but received ${describe(unknown)}`;
  }
  const words = Object.hasOwn(identity, member)
    ? identityWords[member as keyof typeof identity]
    : (rows[member] as Row<unknown>)(member).values;
  return `Expected ${words} for ${at}.${member} but received ${describe(Reflect.get(model as object, member))}`;
}
