import { plain } from '../openapi/operation.js';
import { nestedExampleOf } from '../openapi/tensor-schemas.js';
import { choiceFields } from '../codec/choice.js';
import { imageTypes } from '../codec/encoded-type.js';
import { maxBatchSize, maxImages, PredictAnswer, PredictImages, PredictInputs, PredictRequest, PredictResponse, } from '../schemas/predict.js';
import { settingsTable } from '../settings/table.js';
/** Every code that `POST /predict` answers with. A test compares them with its answers. */
export const predictErrors = [
    'ERR_MALFORMED_JSON',
    'ERR_BAD_REQUEST',
    'ERR_MODEL_NOT_FOUND',
    'ERR_VERSION_NOT_FOUND',
    'ERR_REQUEST_TIMEOUT',
    'ERR_PAYLOAD_TOO_LARGE',
    'ERR_UNSUPPORTED_MEDIA_TYPE',
    'ERR_VALIDATION',
    'ERR_INVALID_ARGUMENT',
    'ERR_INVALID_INPUT',
    'ERR_INVALID_DTYPE',
    'ERR_INVALID_IMAGE',
    'ERR_INVALID_SHAPE',
    'ERR_NOT_FINITE',
    'ERR_OUT_OF_RANGE',
    'ERR_TASK',
    'ERR_QUEUE_FULL',
    'ERR_HEADERS_TOO_LARGE',
    'ERR_MODEL_EXECUTION',
    'ERR_BAD_OUTPUT',
    'ERR_INTERNAL',
    'ERR_NOT_READY',
    'ERR_DRAINING',
    'ERR_DISPOSED',
    'ERR_OUT_OF_MEMORY',
    'ERR_DEVICE_FAILED',
    'ERR_SHARP_NOT_FOUND',
    'ERR_TIMEOUT',
    'ERR_NOT_IMPLEMENTED',
    'ERR_HTTP_VERSION',
];
/** What /openapi.json says about `POST /predict`. */
export function predictOperation(model) {
    return {
        id: 'predict',
        tag: 'inference',
        summary: 'Answers by the task of a model: classes, labels or embeddings.',
        description: describeModel(model),
        parameters: [
            ...['model', 'model_version', 'top_k'].map((name) => ({
                name,
                in: 'query',
                description: 'As the member of that name in JSON; where both are given they must be equal.',
                schema: plain(PredictRequest.properties[name]),
            })),
            {
                name: 'X-Request-Timeout-Ms',
                in: 'header',
                description: `Shortens the deadline of the server (default ${settingsTable.requestTimeoutMs.initialText} ms).`,
                schema: { type: 'integer', minimum: 1 },
            },
            {
                name: 'X-Request-Id',
                in: 'header',
                description: 'Returned in the answer and logged; replaced when it is not of this form.',
                schema: { type: 'string', pattern: '^[\\w.-]{1,128}$' },
            },
        ],
        request: [
            {
                mediaType: 'application/json',
                schema: oneOf('PredictRequest', 'PredictInputs', 'PredictImages'),
                components: { PredictRequest: requestOf(model), PredictInputs, PredictImages },
                example: exampleOf(model),
            },
            {
                mediaType: 'application/octet-stream',
                schema: { description: `1 to ${maxBatchSize} rows of little-endian float32 numbers, one after the other.` },
            },
            ...imageTypes.map((mediaType) => ({
                mediaType,
                schema: { description: 'An image, for a model whose task says how it becomes an input.' },
            })),
            {
                mediaType: 'multipart/form-data',
                schema: {
                    type: 'object',
                    description: `1 to ${maxImages} files of any name with an image each, and these fields.`,
                    properties: Object.fromEntries(choiceFields.map((name) => [name, plain(PredictRequest.properties[name])])),
                },
            },
        ],
        responses: {
            200: {
                description: 'One class and its probability for each row; labels, several classes or embeddings.',
                content: [
                    {
                        mediaType: 'application/json',
                        schema: oneOf('PredictResponse', 'PredictAnswer'),
                        components: { PredictResponse, PredictAnswer },
                    },
                ],
            },
        },
    };
}
function oneOf(...names) {
    return { oneOf: names.map((name) => ({ $ref: `#/components/schemas/${name}` })) };
}
/** The schema that validates, with the bounds that a row's size adds: only whole rows of the version are taken. */
function requestOf(model) {
    const schema = plain(PredictRequest);
    if (!model?.rows)
        return schema;
    const [minItems, greatest] = model.rows.featuresOfVersions;
    const input_data = { ...schema.properties['input_data'], minItems, maxItems: maxBatchSize * greatest };
    return { ...schema, properties: { ...schema.properties, input_data } };
}
function describeModel(model) {
    if (!model)
        return 'The default model takes rows of numbers; its record says how many.';
    const { name, version, task, rows } = model;
    const start = `The default model, ${name} ${version},`;
    if (!task)
        return `${start} has no task: name another in "model", or use /v2/models/${name}/infer.`;
    const bounds = rows?.range ? ` from ${rows.range[0]} to ${rows.range[1]}` : '';
    const what = rows ? `rows of ${rows.features} numbers${bounds}` : `inputs ${model.inputs.map((input) => input.name).join(', ')}`;
    return `${start} is for ${task.type} and takes ${what}${'image' in task && task.image ? ', or images' : ''}.`;
}
/** Larger ones would be most of the document. */
const mostNumbers = 4096;
/** A request that is answered; undefined where none is known. */
function exampleOf(model) {
    if (!model?.task)
        return undefined;
    const { rows, version } = model;
    if (rows) {
        if (rows.features > mostNumbers)
            return undefined;
        const input_data = new Array(rows.features).fill(rows.range?.[0] ?? 0);
        return { input_data, model_version: version, batch_size: 1 };
    }
    const inputs = nestedExampleOf(model);
    return inputs && { inputs, model_version: version };
}
