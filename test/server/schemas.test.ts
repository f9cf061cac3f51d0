import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { recordSchemas } from '#dist/registry/schema.js';
import { PredictRequest } from '#dist/server/schemas/predict.js';
import { settingKeys, settingsTable } from '#dist/server/settings/table.js';

/** The server and the registry compile these without checking them. */
describe('schemas', () => {
  const schemas: [name: string, schema: object][] = [
    ['of a prediction', PredictRequest],
    ...Object.entries(recordSchemas).map(([version, schema]): [string, object] => [`of a record, ${version}`, schema]),
    ...settingKeys.map((key): [string, object] => [`of the setting ${key}`, settingsTable[key].schema]),
  ];
  for (const [name, schema] of schemas) {
    it(`${name} are JSON Schema`, () => {
      const ajv = new Ajv2020({ allowUnionTypes: true });
      expect(ajv.validateSchema(schema), JSON.stringify(ajv.errors)).to.equal(true);
    });
  }
});
