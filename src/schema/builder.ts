/**
 * Makes JSON Schemas whose TypeScript types follow from them. Types and names are typebox's, of which nothing is loaded: its
 * 370 modules cost each start more than all of the server's own, and these few kinds are all that our schemas need.
 */
import type typebox from 'typebox';

export type { Static, TSchema } from 'typebox';

type Names =
  'Array' | 'Boolean' | 'Enum' | 'Integer' | 'Literal' | 'Null' | 'Number' | 'Object' | 'Optional' | 'String';
type Builder = Pick<typeof typebox, Names | 'Union' | 'Unknown' | 'Unsafe'>;
type Schema = Readonly<Record<string, unknown>>;

/** The members that an object may lack: their schemas, which are objects of their own. */
const optional = new WeakSet<object>();

/** Order of the keywords as typebox has it: /openapi.json is read by people, too. */
const builder = {
  Array: (items: Schema, options?: Schema): Schema => ({ type: 'array', items, ...options }),
  Boolean: (options?: Schema): Schema => ({ type: 'boolean', ...options }),
  Enum: (values: readonly unknown[], options?: Schema): Schema => ({ enum: values, ...options }),
  Integer: (options?: Schema): Schema => ({ type: 'integer', ...options }),
  Literal: (value: unknown, options?: Schema): Schema => ({ type: typeof value, const: value, ...options }),
  Null: (options?: Schema): Schema => ({ type: 'null', ...options }),
  Number: (options?: Schema): Schema => ({ type: 'number', ...options }),
  Object(properties: Readonly<Record<string, Schema>>, options?: Schema): Schema {
    const required = Object.keys(properties).filter((name) => !optional.has(properties[name] as Schema));
    return { type: 'object', ...(required.length > 0 && { required }), properties, ...options };
  },
  Optional(schema: Schema): Schema {
    const copy = { ...schema };
    optional.add(copy);
    return copy;
  },
  String: (options?: Schema): Schema => ({ type: 'string', ...options }),
  Union: (anyOf: readonly Schema[], options?: Schema): Schema => ({ anyOf, ...options }),
  Unknown: (options?: Schema): Schema => ({ ...options }),
  Unsafe: (schema: Schema): Schema => ({ ...schema }),
};

export default builder as unknown as Builder;
