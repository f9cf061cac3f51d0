import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { ModelRecordSchema } from '#dist/registry/schema.js';
import { PredictRequest } from '#dist/server/schemas/predict.js';
import { settingKeys, settingsTable } from '#dist/server/settings/table.js';
/** The server and the registry compile these without checking them. */
describe('schemas', () => {
    const schemas = [
        ['of a prediction', PredictRequest],
        ['of a record', ModelRecordSchema],
        ...settingKeys.map((key) => [`of the setting ${key}`, settingsTable[key].schema]),
    ];
    for (const [name, schema] of schemas) {
        it(`${name} are JSON Schema`, () => {
            const ajv = new Ajv2020({ allowUnionTypes: true });
            expect(ajv.validateSchema(schema), JSON.stringify(ajv.errors)).to.equal(true);
        });
    }
});
