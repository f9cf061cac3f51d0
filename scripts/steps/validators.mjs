// Schemas to code: ajv compiles those that every start needs when the package is built, and not in every process. In dist lies
// what it makes (https://ajv.js.org/standalone.html), which asks for small helpers of ajv and never for its compiler.

import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './context.mjs';

/** All faults are collected: a record is at most 4 MiB, and whoever writes one by hand mends them in one go. */
const ofRecords = { allErrors: true, discriminator: true };

/**
 * The modules of dist. Each has a function for each schema, by name; src has a `.d.mts` of the same name. Tests check the schemas
 * against the schema of schemas, and the functions against ajv.
 */
const modules = {
  'registry/record-validators': {
    options: ofRecords,
    async schemas() {
      const { recordSchemas } = await import('#dist/registry/schema.js');
      return { isRecord1: recordSchemas[1], isRecord2: recordSchemas[2] };
    },
  },
  'registry/task-validator': {
    options: ofRecords,
    async schemas() {
      const { taskSchema } = await import('#dist/tasks/kinds/index.js');
      return { isTask: taskSchema() };
    },
  },
  'server/codec/request-validators': {
    // Stops at the first fault: collecting all lets one body make a million error objects. strictNumbers is off because 1e999
    // parses to Infinity, which is a number out of range and not another type. verbose: messages say what was received.
    options: { strictNumbers: false, verbose: true },
    async schemas() {
      const { PredictImages, PredictInputs, PredictRequest } = await import('#dist/server/schemas/predict.js');
      return {
        isPredictRequest: PredictRequest,
        isPredictInputs: PredictInputs,
        isPredictImages: PredictImages,
        isModelName: PredictRequest.properties.model,
        isVersionName: PredictRequest.properties.model_version,
      };
    },
  },
  'server/settings/settings-validator': {
    options: { allowUnionTypes: true },
    async schemas() {
      const { settingKeys, settingsTable } = await import('#dist/server/settings/table.js');
      const properties = Object.fromEntries(settingKeys.map((key) => [key, settingsTable[key].schema]));
      return { areSettings: { type: 'object', additionalProperties: false, properties } };
    },
  },
};

const pathOf = (name) => join(root, 'dist', `${name}.mjs`);

/** What `writeValidators` writes. */
export const validatorFiles = Object.keys(modules).map(pathOf);

/** Writes the modules and their types. dist has to be there. */
export async function writeValidators() {
  for (const [name, { options, schemas }] of Object.entries(modules)) {
    writeFileSync(pathOf(name), await codeOf(await schemas(), options));
    cpSync(join(root, 'src', `${name}.d.mts`), join(root, 'dist', `${name}.d.mts`));
  }
}

async function codeOf(schemas, options) {
  const [{ Ajv2020 }, { default: standalone }, { default: formats }] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv/dist/standalone/index.js'),
    import('ajv-formats'),
  ]);
  const ajv = new Ajv2020({ ...options, meta: false, validateSchema: false, code: { source: true, esm: true } });
  formats.default(ajv, ['date-time']);
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, name);
  const names = Object.fromEntries(Object.keys(schemas).map((name) => [name, name]));
  return asModule(standalone.default(ajv, names));
}

/** ajv's code is a module but for what it asks for, which it requires. */
function asModule(code) {
  const paths = [];
  const body = code.replace(/\brequire\("((?:ajv|ajv-formats)\/[\w/-]+)"\)/g, (_, path) => {
    if (!paths.includes(path)) paths.push(path);
    return `from${paths.indexOf(path)}`;
  });
  if (body.includes('require("')) throw new Error('A schema needs what scripts/steps/validators.mjs cannot import');
  // ajv's helpers are CommonJS with `__esModule`. Node gives such a module's exports as `default`; Bun, and bundlers, their member `default`.
  const imports = paths.map(
    (path, index) =>
      `import * as ns${index} from '${path}.js';\nconst from${index} = ns${index}.default?.__esModule ? ns${index}.default : ns${index};\n`,
  );
  return `// Made by scripts/steps/validators.mjs.\n${imports.join('')}${body}\n`;
}
