import { Ajv2020, type ErrorObject, type Options } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { isRecord1, isRecord2 } from '#dist/registry/record-validators.mjs';
import { recordSchemas } from '#dist/registry/schema.js';
import type { Validator } from '#dist/registry/schema-faults.js';
import { isTask } from '#dist/registry/task-validator.mjs';
import * as requests from '#dist/server/codec/request-validators.mjs';
import { PredictImages, PredictInputs, PredictRequest } from '#dist/server/schemas/predict.js';
import { areSettings } from '#dist/server/settings/settings-validator.mjs';
import { settingKeys, settingsTable } from '#dist/server/settings/table.js';
import { taskSchema } from '#dist/tasks/kinds/index.js';
import { root } from '../support/paths.js';

type Schema = Readonly<Record<string, unknown>>;

const settings = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(settingKeys.map((key) => [key, settingsTable[key].schema])),
};
const all: Options = { allErrors: true, discriminator: true };
const first: Options = { strictNumbers: false, verbose: true };

/** Each function that the build makes, with the schema that it is made of and what ajv is told. */
const made: readonly [name: string, validate: Validator, schema: object, options: Options][] = [
  ['records, 1', isRecord1, recordSchemas[1], all],
  ['records, 2', isRecord2, recordSchemas[2], all],
  ['tasks', isTask, taskSchema(), all],
  ['settings', areSettings, settings, { allowUnionTypes: true }],
  ['rows', requests.isPredictRequest, PredictRequest, first],
  ['inputs', requests.isPredictInputs, PredictInputs, first],
  ['images', requests.isPredictImages, PredictImages, first],
  ['names of models', requests.isModelName, PredictRequest.properties.model, first],
  ['names of versions', requests.isVersionName, PredictRequest.properties.model_version, first],
];

/** What ajv says that compiles a schema here and now. */
function compiled(schema: object, options: Options): Validator {
  const ajv = new Ajv2020({ ...options, validateSchema: false });
  formats.default(ajv, ['date-time']);
  return ajv.compile(schema);
}

const faultsOf = (validate: Validator, value: unknown): readonly ErrorObject[] =>
  validate(value) ? [] : (validate.errors ?? []);

describe('validators made by the build', () => {
  for (const [name, validate, schema, options] of made) {
    it(`find in ${name} what ajv finds, in its words and its order`, () => {
      const expected = compiled(schema, options);
      const property = fc.property(likely(schema as Schema), (value) => {
        expect(faultsOf(validate, value)).to.deep.equal(faultsOf(expected, value));
      });
      fc.assert(property, { numRuns: 300 });
    });
  }

  // Of all settings at once the first fault hides the others.
  it('find in each setting what ajv finds', () => {
    const expected = compiled(settings, { allowUnionTypes: true });
    for (const key of settingKeys) {
      const property = fc.property(likely(settingsTable[key].schema), (value) => {
        expect(faultsOf(areSettings, { [key]: value })).to.deep.equal(faultsOf(expected, { [key]: value }));
      });
      fc.assert(property, { numRuns: 20 });
    }
  });

  it('find in a record with one change what ajv finds', () => {
    const record = JSON.parse(readFileSync(`${root}model-registry/mnist-mlp/v1.0/metadata.json`, 'utf8')) as Schema;
    const version = record.schemaVersion as 1 | 2;
    const validate = { 1: isRecord1, 2: isRecord2 }[version];
    const expected = compiled(recordSchemas[version], all);
    expect(faultsOf(validate, record)).to.deep.equal([]);
    for (const path of pathsOf(record)) {
      for (const value of [undefined, null, -1, 0.5, NaN, '', 'x'.repeat(201), '😀'.repeat(200), [], {}]) {
        const changed = changedAt(record, path, value);
        expect(faultsOf(validate, changed), path.join('/')).to.deep.equal(faultsOf(expected, changed));
      }
    }
  });
});

/** Values that fit a schema, and some that do not quite. */
function likely(schema: Schema): fc.Arbitrary<unknown> {
  const { oneOf, anyOf } = schema as { oneOf?: Schema[]; anyOf?: Schema[] };
  const parts = oneOf ?? anyOf;
  const fitting = parts ? fc.oneof(...parts.map(likely)) : plain(schema);
  return fc.oneof({ weight: 80, arbitrary: fitting }, { weight: 1, arbitrary: odd });
}

const odd = fc.oneof(
  fc.constantFrom(null, true, -1, 0, 0.5, 1e9, NaN, Infinity, '', 'a', '😀', 'a/b~c', [], {}, [[]]),
  fc.jsonValue({ maxDepth: 2 }),
);

function plain(schema: Schema): fc.Arbitrary<unknown> {
  const said = schema as Record<string, never>;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]));
  const types = [schema.type ?? 'string'].flat() as string[];
  return fc.oneof(
    ...types.map((type) => (ofType[type] as (said: Record<string, never>) => fc.Arbitrary<unknown>)(said)),
  );
}

/** Both bounds, and what is just beyond. */
const near = (least: number, most: number) => fc.constantFrom(least - 1, least, most, most + 1);

const ofType: Readonly<Record<string, (said: Record<string, never>) => fc.Arbitrary<unknown>>> = {
  array: ({ items, minItems }) => fc.array(likely(items ?? {}), { maxLength: Math.max(4, minItems ?? 0) }),
  boolean: () => fc.boolean(),
  integer: ({ minimum = 0, maximum = 300 }) => fc.oneof(fc.integer({ min: -1, max: 300 }), near(minimum, maximum)),
  null: () => fc.constant(null),
  number: ({ minimum = 0, maximum = 1 }) =>
    fc.oneof(fc.integer({ min: -1, max: 3 }), fc.double(), near(minimum, maximum)),
  object: ({ properties, required, additionalProperties }) =>
    fc
      .tuple(
        fc.record(
          Object.fromEntries(
            Object.entries((properties ?? {}) as Record<string, Schema>).map(([k, s]) => [k, likely(s)]),
          ),
          { requiredKeys: fc.sample(fc.boolean(), { numRuns: 1 })[0] ? [] : (required ?? []) },
        ),
        fc.oneof(
          { weight: 20, arbitrary: fc.constant({}) },
          {
            weight: 1,
            arbitrary: fc.dictionary(
              fc.string({ maxLength: 3 }),
              typeof additionalProperties === 'object' ? likely(additionalProperties) : odd,
              { maxKeys: 2 },
            ),
          },
        ),
      )
      .map(([known, more]) => ({ ...known, ...more })),
  string: ({ pattern, maxLength = 8, format }) =>
    fc.oneof(
      pattern ? fc.stringMatching(new RegExp(pattern)) : fc.string({ maxLength: Math.min(maxLength, 8) }),
      fc.string({ unit: 'grapheme', maxLength: Math.min(maxLength + 1, 130) }),
      ...(format ? [fc.constantFrom(...times)] : []),
    ),
};

const times = [
  '2026-11-29T12:00:00Z',
  '2026-11-29t12:00:00.5+01:30',
  '2024-02-29 00:00:00z',
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-11-29T23:59:60Z',
  '2026-11-29T12:59:60Z',
  '2026-11-29T12:00:00',
  '2026-11-29T12:00:00+24:00',
  'T',
  '',
];

/** The way to each member and to the first elements of each array. */
function* pathsOf(value: unknown, at: readonly string[] = []): Generator<readonly string[]> {
  yield at;
  if (typeof value !== 'object' || value === null) return;
  const keys = Array.isArray(value) ? Object.keys(value).slice(0, 2) : Object.keys(value);
  for (const key of keys) yield* pathsOf((value as Record<string, unknown>)[key], [...at, key]);
}

function changedAt(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  (copy as Record<string, unknown>)[key] = changedAt((value as Record<string, unknown>)[key], rest, to);
  return copy;
}
