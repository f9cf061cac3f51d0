import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { schemaFault } from '../../registry/schema-faults.js';
import { settingKeys, settingsTable, type SettingKey } from './table.js';

/** Why values are not settings: a name that no setting has, a value that its setting refuses, or no object at all. */
export type SettingsFault =
  | { readonly kind: 'unknown'; readonly name: string }
  /** `inside` leads to the part of the value that is refused, `unknown` is a member that it cannot have. */
  | {
      readonly kind: 'value';
      readonly key: SettingKey;
      readonly inside: readonly string[];
      readonly unknown: string | undefined;
    }
  | { readonly kind: 'form' };

let validate: ValidateFunction | undefined;

/** The first fault of an object of settings; undefined when it has none. */
export function settingsFault(values: unknown): SettingsFault | undefined {
  // Compiled at the first use, and without the schema of schemas: a test checks ours.
  validate ??= new Ajv2020({ meta: false, validateSchema: false, allowUnionTypes: true }).compile({
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(settingKeys.map((key) => [key, settingsTable[key].schema])),
  });
  if (validate(values)) return undefined;
  const [error] = validate.errors ?? [];
  if (!error) return { kind: 'form' };
  const { kind, pointer, member } = schemaFault(error);
  const unknown = kind === 'unknown' ? member : undefined;
  const [key, ...inside] = pointer.split('/').slice(1).map(plainToken);
  if (key !== undefined) return { kind: 'value', key: key as SettingKey, inside, unknown };
  return unknown === undefined ? { kind: 'form' } : { kind: 'unknown', name: unknown };
}

/** A member's name of one part of a JSON pointer. */
const plainToken = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');
