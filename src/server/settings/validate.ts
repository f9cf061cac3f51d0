import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { schemaFault } from '../../registry/schema-faults.js';
import { settingKeys, settingsTable, type SettingKey } from './table.js';

/** Why values are not settings: a name that no setting has, a value that its setting refuses, or no object at all. */
export type SettingsFault =
  | { readonly kind: 'unknown'; readonly name: string }
  | { readonly kind: 'value'; readonly key: SettingKey }
  | { readonly kind: 'form' };

let validate: ValidateFunction | undefined;

/** The first fault of an object of settings; undefined when it has none. */
export function settingsFault(values: unknown): SettingsFault | undefined {
  // Compiled at the first use, and without the schema of schemas: a test checks ours.
  validate ??= new Ajv2020({ meta: false, validateSchema: false }).compile({
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(settingKeys.map((key) => [key, settingsTable[key].schema])),
  });
  if (validate(values)) return undefined;
  const [error] = validate.errors ?? [];
  if (!error) return { kind: 'form' };
  const { kind, pointer, member } = schemaFault(error);
  if (kind === 'unknown') return { kind, name: member };
  const key = pointer.split('/')[1] as SettingKey | undefined;
  return key === undefined ? { kind: 'form' } : { kind: 'value', key };
}
