import { expect } from 'chai';
import { admissionLoadOf } from '#dist/cli/commands/registry/stated.js';
import { checkAddOptions } from '#dist/registry/record/options.js';
import { loadSettings } from '#dist/server/settings/load.js';
import { defaultOf, modelSettingKeys, settingsTable, type ModelSettingKey } from '#dist/server/settings/table.js';

/** Values of a setting beside its default, as its schema has them. */
function others(key: ModelSettingKey): readonly unknown[] {
  const { schema } = settingsTable[key];
  const { enum: choices, minimum, type } = schema as { enum?: unknown[]; minimum?: number; type?: string };
  if (choices) return choices.filter((value) => value !== defaultOf(key));
  if (minimum !== undefined) return [minimum, minimum + 1];
  if (type === 'array') return [key.endsWith('Sizes') ? [1, 2] : ['a-file']];
  return [key === 'device' ? 'cpu' : 'a-file'];
}

describe('the settings of a model that is added', () => {
  for (const key of modelSettingKeys) {
    it(`may have any value of ${key}`, () => {
      expect(others(key)).not.to.deep.equal([]);
      for (const value of others(key)) {
        const load = admissionLoadOf(loadSettings({ env: {}, overrides: { [key]: value } }));
        checkAddOptions({ name: 'digits', version: 'v1.0', load });
      }
    });
  }
});
