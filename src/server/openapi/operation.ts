import type { Schema } from '../../schema/builder.js';
import type { DescribedModel } from './described-model.js';

export type Json = Readonly<Record<string, unknown>>;

/** A body in one media type. */
export interface Content {
  readonly mediaType: string;
  readonly schema: Schema | Json;
  /** The schema's name among the components of the document; left out: the schema stands where it is used. */
  readonly name?: string;
  /** Further components, which the schema refers to. */
  readonly components?: Readonly<Record<string, Schema | Json>>;
  readonly example?: unknown;
}

/** What one route does, as OpenAPI describes it. Answers with errors are made from the route's `errors` and `errorForm`. */
export interface Operation {
  readonly id: string;
  readonly tag: 'inference' | 'operation' | 'management';
  readonly summary: string;
  readonly description?: string;
  /** Parameters of the query and the header; those of the path are read from the route's pattern. */
  readonly parameters?: readonly Json[];
  readonly request?: readonly Content[];
  /** A request may come without a body. */
  readonly mayBeEmpty?: true;
  readonly responses: Readonly<Record<number, { readonly description: string; readonly content: readonly Content[] }>>;
  /** What is said of one model, for a route whose pattern has `:model` and perhaps `:version`: it gets a path for each. */
  readonly ofModel?: (model: DescribedModel) => Partial<Operation>;
}

/** A JSON body of a named schema: `json({ Liveness })`. */
export function json(named: Readonly<Record<string, Schema | Json>>, example?: unknown): Content {
  const [[name, schema] = []] = Object.entries(named);
  if (name === undefined || schema === undefined) throw new Error('Expected one named schema');
  return { mediaType: 'application/json', schema, name, ...(example !== undefined && { example }) };
}

/** A schema as JSON has it: without what is undefined. */
export function plain(schema: Schema | Json): Json {
  return JSON.parse(JSON.stringify(schema)) as Json;
}
