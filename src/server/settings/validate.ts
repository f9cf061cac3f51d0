import { schemaFault } from '../../registry/schema-faults.js';
import { areSettings } from './settings-validator.mjs';
import type { SettingKey } from './table.js';

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

/** The first fault of an object of settings; undefined when it has none. */
export function settingsFault(values: unknown): SettingsFault | undefined {
  if (areSettings(values)) return undefined;
  const [error] = areSettings.errors ?? [];
  if (!error) return { kind: 'form' };
  const { kind, pointer, member } = schemaFault(error);
  const unknown = kind === 'unknown' ? member : undefined;
  const [key, ...inside] = pointer.split('/').slice(1).map(plainToken);
  if (key !== undefined) return { kind: 'value', key: key as SettingKey, inside, unknown };
  return unknown === undefined ? { kind: 'form' } : { kind: 'unknown', name: unknown };
}

/** A member's name of one part of a JSON pointer. */
const plainToken = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');
