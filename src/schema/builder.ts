/**
 * Makes JSON Schemas whose TypeScript types follow from them: the few kinds that ours need, with the names that typebox gave them.
 * typebox itself is not used: its 370 modules cost each start more than all of the server's own, and its declarations cost every
 * program that imports ours 2 million instantiations of types. A test holds both, the schemas and their types, to typebox's.
 */
declare const allowed: unique symbol;
declare const mayLack: unique symbol;

/** A JSON Schema. `T` is the type of what it allows. */
export interface Schema<T = unknown> {
  readonly [keyword: string]: unknown;
  /** For the types alone: no schema has it. */
  readonly [allowed]?: T;
}

/** The schema of a member that an object may lack. @public declarations of other files name it */
export interface OptionalSchema<T = unknown> extends Schema<T> {
  readonly [mayLack]?: true;
}

/** The schema of an object. What is no member of it is not in the type, whether it is allowed or not. @public as above */
export interface ObjectSchema<P extends Members> extends Schema<ObjectOf<P>> {
  readonly properties: P;
}

/** The type of what a schema allows. */
export type Static<S> = S extends Schema<infer T> ? T : never;

type Members = Readonly<Record<string, Schema>>;
type Lacking<P extends Members> = { [K in keyof P]: typeof mayLack extends keyof P[K] ? K : never }[keyof P];
type ObjectOf<P extends Members> = [keyof P] extends [never]
  ? object
  : Whole<{ [K in Exclude<keyof P, Lacking<P>>]: Static<P[K]> } & { [K in Lacking<P>]?: Static<P[K]> }>;
/** One object type, as it is printed, in the place of an intersection. */
type Whole<T> = { [K in keyof T]: T[K] };
type Keywords = Readonly<Record<string, unknown>>;

/** The members that an object may lack: their schemas, which are objects of their own. */
const optional = new WeakSet<object>();

/** Order of the keywords as typebox has it: /openapi.json is read by people, too. */
const Type = {
  Array: <T>(items: Schema<T>, keywords?: Keywords): Schema<T[]> => ({ type: 'array', items, ...keywords }),
  Boolean: (keywords?: Keywords): Schema<boolean> => ({ type: 'boolean', ...keywords }),
  Enum: <const T>(values: readonly T[], keywords?: Keywords): Schema<T> => ({ enum: values, ...keywords }),
  Integer: (keywords?: Keywords): Schema<number> => ({ type: 'integer', ...keywords }),
  Literal: <const T extends string | number | boolean>(value: T, keywords?: Keywords): Schema<T> => ({
    type: typeof value,
    const: value,
    ...keywords,
  }),
  Null: (keywords?: Keywords): Schema<null> => ({ type: 'null', ...keywords }),
  Number: (keywords?: Keywords): Schema<number> => ({ type: 'number', ...keywords }),
  Object<P extends Members>(properties: P, keywords?: Keywords): ObjectSchema<P> {
    const required = Object.keys(properties).filter((name) => !optional.has(properties[name] as Schema));
    return { type: 'object', ...(required.length > 0 && { required }), properties, ...keywords };
  },
  Optional<T>(schema: Schema<T>): OptionalSchema<T> {
    const copy = { ...schema };
    optional.add(copy);
    return copy;
  },
  String: (keywords?: Keywords): Schema<string> => ({ type: 'string', ...keywords }),
  Union: <const S extends readonly Schema[]>(anyOf: S, keywords?: Keywords): Schema<Static<S[number]>> => ({
    anyOf,
    ...keywords,
  }),
  Unknown: (keywords?: Keywords): Schema => ({ ...keywords }),
  /** A schema that is written out, with its type beside it. */
  Unsafe: <T>(schema: Keywords): Schema<T> => ({ ...schema }),
};

export default Type;
