import type { Schema } from '../../schema/builder.js';
import { ownManifest } from '../../files/package-root.js';
import type { Route } from '../routes/route.js';
import { OipError } from '../schemas/oip.js';
import { ProblemDocument, TorchServeError } from '../schemas/problem.js';
import { scopeOf } from '../security/scope.js';
import { mostVersions, noModels, type DescribedModel, type DescribedModels } from './described-model.js';
import {
  errorResponses,
  headerComponents,
  headersOfAll,
  parameterComponents,
  parametersOfAll,
  securityOf,
  type DescribedSecurity,
} from './errors.js';
import { plain, type Content, type Json, type Operation } from './operation.js';
import { describedPaths, type DescribedPath } from './path.js';

/** What a document depends on, beside the routes. */
export interface DocumentOptions {
  readonly models?: DescribedModels;
  readonly security?: DescribedSecurity;
}

const open: DescribedSecurity = { hasTokens: false, hasRateLimit: false };

/** The routes as OpenAPI 3.1, made of the schemas that validate them, with the paths of each model that is up. */
export function openApiDocument(
  routes: readonly Route[],
  { models = noModels, security = open }: DocumentOptions = {},
): Json {
  const schemas: Record<string, Schema | Json> = { Problem: ProblemDocument, OipError, TorchServeError };
  const paths: Record<string, Record<string, Json>> = {};
  const responses = new SharedResponses();
  const add = (route: Route, operation: Operation, { path, parameters }: DescribedPath): void => {
    for (const { name, schema, components } of contents(operation)) {
      if (name !== undefined) schemas[name] = schema;
      Object.assign(schemas, components);
    }
    (paths[path] ??= {})[route.method.toLowerCase()] = described(route, operation, parameters, { security, responses });
  };
  for (const route of routes) {
    const operation = typeof route.operation === 'function' ? route.operation(models.default) : route.operation;
    for (const [index, path] of describedPaths(route.path).entries()) {
      // Ids are unique; the paths of one route differ in their optional parts.
      const id = index === 0 ? operation.id : [operation.id, ...path.parameters].join('_');
      add(route, { ...operation, id }, path);
    }
    for (const { id, path, model } of pathsOfModels(route, operation, models.all)) {
      add(route, { ...operation, ...operation.ofModel?.(model), id }, { path, parameters: [] });
    }
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'node-libtorch inference server',
      version: ownManifest().version,
      license: { name: 'MIT', identifier: 'MIT' },
      ...(models.all.length === mostVersions && {
        description: `Of more than ${mostVersions} versions the first ${mostVersions} have paths of their own; the patterns hold for all.`,
      }),
    },
    // Relative to this document: right under any path that the app is mounted at.
    servers: [{ url: './' }],
    tags: [{ name: 'inference' }, { name: 'operation' }, { name: 'management' }],
    paths,
    components: {
      schemas: plain(schemas),
      responses: responses.components,
      headers: headerComponents,
      parameters: parameterComponents,
      ...(security.hasTokens && {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A token of this server; its roles are its scopes.' },
        },
      }),
    },
  };
}

/** Most routes have the errors of others: each response is written once. */
class SharedResponses {
  readonly components: Record<string, Json> = {};
  readonly #names = new Map<string, string>();

  /** References to responses by status. */
  refer(responses: Readonly<Record<string, Json>>): Json {
    return Object.fromEntries(Object.entries(responses).map(([status, given]) => [status, this.#refer(status, given)]));
  }

  #refer(status: string, response: Json): Json {
    const text = JSON.stringify(response);
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `Error${status}.${this.#names.size + 1}`;
      this.#names.set(text, name);
      this.components[name] = response;
    }
    return { $ref: `#/components/responses/${name}` };
  }
}

function contents({ request = [], responses }: Operation): Content[] {
  return [...request, ...Object.values(responses).flatMap(({ content }) => content)];
}

/** The paths of one route with the names of models in them: `/v2/models/NAME/infer` and `/v2/models/NAME/versions/V/infer`. */
function* pathsOfModels(
  { path: pattern }: Route,
  { id, ofModel }: Operation,
  models: readonly DescribedModel[],
): Iterable<{ readonly id: string; readonly path: string; readonly model: DescribedModel }> {
  if (!ofModel) return;
  for (const model of models) {
    for (const { path, parameters } of describedPaths(pattern)) {
      const hasVersion = parameters.includes('version');
      if (!hasVersion && !model.isDefaultVersion) continue;
      yield {
        id: [id, nameOf(hasVersion ? [model.name, model.version] : [model.name])].join('.'),
        path: path.replace('{model}', pathText(model.name)).replace('{version}', pathText(model.version)),
        model,
      };
    }
  }
}

/** A function, since `$` means something in a text of `replace`. */
const pathText = (text: string) => () => encodeURIComponent(text);

/** Names as one name of a component. It tells `a` `b.c` from `a.b` `c`: a `_` of theirs is doubled. */
export function nameOf(names: readonly string[]): string {
  return names.map((name) => name.replaceAll('_', '__')).join('_.');
}

function described(
  { errors = [], errorForm = 'problem', ...route }: Route,
  operation: Operation,
  names: readonly string[],
  { security, responses: shared }: { readonly security: DescribedSecurity; readonly responses: SharedResponses },
): Json {
  const { id, tag, summary, description, request, responses, mayBeEmpty } = operation;
  const parameters = [...names.map(pathParameter), ...(operation.parameters ?? []), ...parametersOfAll];
  const scope = scopeOf(route);
  const faults = errorResponses(errors, errorForm, scope, security);
  const answers = Object.entries(responses).map(([status, response]): [string, Json] => {
    const fault = faults[status];
    return [
      status,
      {
        description: `${response.description}${fault ? ` ${String(fault['description'])}` : ''}`,
        headers: { ...headersOfAll, ...(fault?.['headers'] as Json | undefined) },
        content: withOptions(contentOf(response.content), fault?.['content'] as Json | undefined),
      },
    ];
  });
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(description !== undefined && { description }),
    parameters,
    ...(request && { requestBody: { required: mayBeEmpty !== true, content: contentOf(request) } }),
    responses: { ...shared.refer(faults), ...Object.fromEntries(answers) },
    ...securityOf(scope, security),
  };
}

/** A status that an answer and an error share has both bodies. */
function withOptions(content: Json, faults: Json | undefined): Json {
  const both = Object.entries(faults ?? {}).map(([type, fault]): [string, unknown] => {
    const own = content[type] as Json | undefined;
    if (!own) return [type, fault];
    return [type, { ...own, schema: { anyOf: [own['schema'], (fault as Json)['schema']] } }];
  });
  return { ...content, ...Object.fromEntries(both) };
}

function pathParameter(name: string): Json {
  return { name, in: 'path', required: true, schema: { type: 'string', minLength: 1 } };
}

function contentOf(content: readonly Content[]): Json {
  return Object.fromEntries(
    content.map(({ mediaType, schema, name, example }) => [
      mediaType,
      {
        schema: name === undefined ? plain(schema) : { $ref: `#/components/schemas/${name}` },
        ...(example !== undefined && { example }),
      },
    ]),
  );
}
