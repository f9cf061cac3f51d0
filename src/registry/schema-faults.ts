import type { ErrorObject } from 'ajv/dist/2020.js';

/** A function of ajv's, as scripts/steps/validators.mjs makes it of a schema. `errors` are those of its last call. */
export interface Validator<T = unknown> {
  (value: unknown): value is T;
  readonly errors?: readonly ErrorObject[] | null;
}

/** One fault that ajv found. Which members its own errors have depends on the keyword; this is the one place that knows. */
export interface SchemaFault {
  /** `unknown` and `missing` are about a member of the value. */
  readonly kind: 'unknown' | 'missing' | 'type' | 'value';
  /** JSON pointer to the value. */
  readonly pointer: string;
  /** The unknown or missing member; otherwise empty. */
  readonly member: string;
  /** JSON pointer to that member; otherwise to the value. */
  readonly memberPointer: string;
  /** ajv's sentence about the value. */
  readonly message: string;
  /** The values that are allowed, where the schema lists them. */
  readonly allowed: readonly unknown[] | undefined;
}

/** Reads one of ajv's errors. */
export function schemaFault({
  instancePath: pointer,
  keyword,
  params,
  message = 'is not valid',
}: ErrorObject): SchemaFault {
  const { additionalProperty: unknown, missingProperty: missing, allowedValues } = params as Parameters;
  const member = unknown ?? missing;
  return {
    kind: unknown !== undefined ? 'unknown' : missing !== undefined ? 'missing' : keyword === 'type' ? 'type' : 'value',
    pointer,
    member: member ?? '',
    memberPointer: member === undefined ? pointer : `${pointer}/${pointerToken(member)}`,
    message,
    allowed: allowedValues,
  };
}

interface Parameters {
  readonly additionalProperty?: string;
  readonly missingProperty?: string;
  readonly allowedValues?: readonly unknown[];
}

/** A member's name as part of a JSON pointer. It is cut when it is too long to be a name. */
export function pointerToken(name: string): string {
  const short = name.length > 64 ? `${name.slice(0, 61)}...` : name;
  return short.replaceAll('~', '~0').replaceAll('/', '~1');
}
