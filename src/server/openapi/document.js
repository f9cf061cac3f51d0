import { ownManifest } from '../../files/package-root.js';
import { OipError } from '../schemas/oip.js';
import { ProblemDocument, TorchServeError } from '../schemas/problem.js';
import { scopeOf } from '../security/scope.js';
import { mostVersions, noModels } from './described-model.js';
import { errorResponses, headerComponents, headersOfAll, securityOf } from './errors.js';
import { plain } from './operation.js';
import { describedPaths } from './path.js';
const open = { hasTokens: false, hasRateLimit: false };
/** The routes as OpenAPI 3.1, made of the schemas that validate them, with the paths of each model that is up. */
export function openApiDocument(routes, { models = noModels, security = open } = {}) {
    const schemas = { Problem: ProblemDocument, OipError, TorchServeError };
    const paths = {};
    const add = (route, operation, { path, parameters }) => {
        for (const { name, schema, components } of contents(operation)) {
            if (name !== undefined)
                schemas[name] = schema;
            Object.assign(schemas, components);
        }
        (paths[path] ??= {})[route.method.toLowerCase()] = described(route, operation, parameters, security);
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
            headers: headerComponents,
            ...(security.hasTokens && {
                securitySchemes: {
                    bearer: { type: 'http', scheme: 'bearer', description: 'A token of this server; its roles are its scopes.' },
                },
            }),
        },
    };
}
function contents({ request = [], responses }) {
    return [...request, ...Object.values(responses).flatMap(({ content }) => content)];
}
/** The paths of one route with the names of models in them: `/v2/models/NAME/infer` and `/v2/models/NAME/versions/V/infer`. */
function* pathsOfModels({ path: pattern }, { id, ofModel }, models) {
    if (!ofModel)
        return;
    for (const model of models) {
        for (const { path, parameters } of describedPaths(pattern)) {
            const hasVersion = parameters.includes('version');
            if (!hasVersion && !model.isDefaultVersion)
                continue;
            yield {
                id: [id, nameOf(hasVersion ? [model.name, model.version] : [model.name])].join('.'),
                path: path.replace('{model}', pathText(model.name)).replace('{version}', pathText(model.version)),
                model,
            };
        }
    }
}
/** A function, since `$` means something in a text of `replace`. */
const pathText = (text) => () => encodeURIComponent(text);
/** Names as one name of a component. It tells `a` `b.c` from `a.b` `c`: a `_` of theirs is doubled. */
export function nameOf(names) {
    return names.map((name) => name.replaceAll('_', '__')).join('_.');
}
function described({ errors = [], errorForm = 'problem', ...route }, operation, names, security) {
    const { id, tag, summary, description, request, responses, mayBeEmpty } = operation;
    const parameters = [...names.map(pathParameter), ...(operation.parameters ?? [])];
    const scope = scopeOf(route);
    const faults = errorResponses(errors, errorForm, scope, security);
    const answers = Object.entries(responses).map(([status, response]) => [
        status,
        {
            description: [response.description, faults[status]?.['description']].filter((text) => text !== undefined).join(' '),
            headers: { ...headersOfAll, ...faults[status]?.['headers'] },
            content: withOptions(contentOf(response.content), faults[status]?.['content']),
        },
    ]);
    return {
        operationId: id,
        summary,
        tags: [tag],
        ...(description !== undefined && { description }),
        ...(parameters.length > 0 && { parameters }),
        ...(request && { requestBody: { required: mayBeEmpty !== true, content: contentOf(request) } }),
        responses: { ...faults, ...Object.fromEntries(answers) },
        ...securityOf(scope, security),
    };
}
/** A status that an answer and an error share has both bodies. */
function withOptions(content, faults) {
    const both = Object.entries(faults ?? {}).map(([type, fault]) => {
        const own = content[type];
        if (!own)
            return [type, fault];
        return [type, { ...own, schema: { anyOf: [own['schema'], fault['schema']] } }];
    });
    return { ...content, ...Object.fromEntries(both) };
}
function pathParameter(name) {
    return { name, in: 'path', required: true, schema: { type: 'string', minLength: 1 } };
}
function contentOf(content) {
    return Object.fromEntries(content.map(({ mediaType, schema, name, example }) => [
        mediaType,
        {
            schema: name === undefined ? plain(schema) : { $ref: `#/components/schemas/${name}` },
            ...(example !== undefined && { example }),
        },
    ]));
}
