import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from 'typebox';
import { packageRoot } from '../../files/package-root.js';
import type { Route } from '../routes/route.js';
import { ProblemDocument } from '../schemas/problem.js';
import { plain, type Content, type DescribedModel, type Json, type Operation } from './operation.js';
import { describedPaths } from './path.js';
import { problemResponses } from './problems.js';

/** The routes as OpenAPI 3.1, made of the schemas that validate them. */
export function openApiDocument(routes: readonly Route[], model: DescribedModel | undefined): Json {
  const schemas: Record<string, TSchema | Json> = { Problem: ProblemDocument };
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const operation = typeof route.operation === 'function' ? route.operation(model) : route.operation;
    for (const { name, schema, components } of contents(operation)) {
      if (name !== undefined) schemas[name] = schema;
      Object.assign(schemas, components);
    }
    for (const [index, { path, parameters }] of describedPaths(route.path).entries()) {
      // Ids are unique; the paths of one route differ in their optional parts.
      const id = index === 0 ? operation.id : [operation.id, ...parameters].join('_');
      (paths[path] ??= {})[route.method.toLowerCase()] = described(route, { ...operation, id }, parameters);
    }
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'node-libtorch inference server',
      version: packageVersion(),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Relative to this document: right under any path that the app is mounted at.
    servers: [{ url: './' }],
    tags: [{ name: 'inference' }, { name: 'operation' }, { name: 'management' }],
    paths,
    components: { schemas: plain(schemas) },
  };
}

function contents({ request = [], responses }: Operation): Content[] {
  return [...request, ...Object.values(responses).flatMap(({ content }) => content)];
}

function described({ errors = [] }: Route, operation: Operation, names: readonly string[]): Json {
  const { id, tag, summary, description, request, responses } = operation;
  const parameters = [...names.map(pathParameter), ...(operation.parameters ?? [])];
  const answers = Object.entries(responses).map(([status, response]) => [
    status,
    { description: response.description, content: contentOf(response.content) },
  ]);
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(request && { requestBody: { required: true, content: contentOf(request) } }),
    responses: { ...problemResponses(errors), ...Object.fromEntries(answers) },
  };
}

function pathParameter(name: string): Json {
  return { name, in: 'path', required: true, schema: { type: 'string' } };
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

function packageVersion(): string {
  const manifest = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
