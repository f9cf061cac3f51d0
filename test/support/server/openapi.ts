/** Holds answers to an OpenAPI document: status, headers, content type and JSON body. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { isDeepStrictEqual } from 'node:util';

interface Response {
  readonly headers?: Readonly<Record<string, { readonly $ref: string }>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response | Ref>> } & object>>>
  >;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

interface Ref {
  readonly $ref: string;
}

export interface CheckedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export class OpenApiCheck {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #known = new Map<string, ValidateFunction>();
  /** Operations that an answer was held to, as `post /v2/models/{model}/infer 200`. */
  readonly seen = new Set<string>();

  constructor(document: Document) {
    this.#document = document;
    formats.default(this.#ajv);
    // A format that ajv has not, of numbers beyond a double's.
    for (const format of ['uint64', 'int64']) this.#ajv.addFormat(format, true);
    this.#ajv.addSchema(document, 'openapi');
  }

  /** What is wrong with an answer; undefined for nothing. */
  fault(method: string, url: string, { status, headers, body }: CheckedAnswer): string | undefined {
    const { pathname } = new URL(url, 'http://host');
    const path = this.#pathOf(method, pathname);
    if (path === undefined) return `no operation for ${method} ${pathname}`;
    const responses = ['paths', path, method, 'responses'];
    const described = this.#follow([...responses, String(status)]);
    if (!described) return `status ${status} is not described`;
    this.seen.add(`${method} ${path} ${status}`);
    const { headers: named = {}, content = {} } = this.#at(described) as Response;
    for (const [name, { $ref }] of Object.entries(named)) {
      const fault = this.#headerFault(name, $ref.slice(2).split('/'), headers.get(name));
      if (fault !== undefined) return fault;
    }
    const type = headers.get('content-type')?.split(';')[0];
    if (type === undefined || !(type in content)) {
      return `content type ${type} is none of ${Object.keys(content).join(', ')}`;
    }
    if (!type.endsWith('json')) return undefined;
    return this.#bodyFault([...described, 'content', type, 'schema'], body);
  }

  #headerFault(name: string, at: readonly string[], value: string | null): string | undefined {
    const { required = false, schema } = this.#at(at) as { required?: boolean; schema: { type: string } };
    if (value === null) return required ? `header ${name} is missing` : undefined;
    const read: unknown = schema.type === 'integer' ? Number(value) : value;
    return this.#ajv.validate(schema, read) ? undefined : `header ${name}: ${this.#ajv.errorsText()}`;
  }

  #bodyFault(at: readonly string[], body: Buffer): string | undefined {
    let value: unknown;
    try {
      // An answer that has no body at all is a text of no characters.
      value = body.length === 0 ? '' : JSON.parse(body.toString());
    } catch {
      return `no JSON: ${body.toString('utf8', 0, 100)}`;
    }
    const $ref = `openapi#/${at.map(escaped).join('/')}`;
    let validate = this.#known.get($ref);
    if (!validate) this.#known.set($ref, (validate = this.#ajv.compile({ $ref })));
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors).slice(0, 500);
  }

  /** The path itself before a pattern that it fits. */
  #pathOf(method: string, pathname: string): string | undefined {
    const has = (path: string) => this.#document.paths[path]?.[method] !== undefined;
    if (has(pathname)) return pathname;
    return Object.keys(this.#document.paths).find((path) => has(path) && patternOf(path).test(pathname));
  }

  /** Where something stands, after its `$ref`. */
  #follow(at: readonly string[]): readonly string[] | undefined {
    const found = this.#at(at) as Ref | object | undefined;
    if (found === undefined) return undefined;
    return '$ref' in found ? found.$ref.slice(2).split('/').map(unescaped) : at;
  }

  #at(way: readonly string[]): unknown {
    return way.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], this.#document);
  }

  /** Whether an example is what its schema says. @returns what is wrong with it */
  exampleFault(path: string, method: string): string | undefined {
    const at = ['paths', path, method, 'requestBody', 'content', 'application/json'];
    const { example } = (this.#at(at) ?? {}) as { example?: unknown };
    if (example === undefined || isDeepStrictEqual(example, {})) return 'no example';
    return this.#bodyFault([...at, 'schema'], Buffer.from(JSON.stringify(example)));
  }
}

function patternOf(path: string): RegExp {
  const source = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source}$`);
}

const escaped = (key: string): string => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
const unescaped = (key: string): string => key.replaceAll('~1', '/').replaceAll('~0', '~');
