import Type, { type Static, type Schema } from '../../schema/builder.js';

/** Rows of one prediction, fixed by the contract. */
export const maxBatchSize = 128;

/** Characters of a version's name. */
export const maxVersionLength = 128;

/** Characters of a model's name. */
export const maxNameLength = 128;

/** Images of one request. */
export const maxImages = 32;

const closed = { additionalProperties: false };

const choice = {
  model: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: maxNameLength,
      description: 'Name of a model, or name@version; left out, the default model.',
    }),
  ),
  model_version: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: maxVersionLength,
      description:
        "Version of the model, an alias of one or sha256:… of its artifact; left out, the model's default version.",
    }),
  ),
  top_k: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Classification: answers so many of the best classes of each row, too.' }),
  ),
};

/** Body of `POST /predict` with rows of numbers: what validates a request is what /openapi.json shows. */
export const PredictRequest = Type.Object(
  {
    input_data: Type.Array(Type.Number(), {
      minItems: 1,
      description: 'batch_size rows of features, one after the other.',
    }),
    batch_size: Type.Optional(
      Type.Integer({ minimum: 1, maximum: maxBatchSize, default: 1, description: 'Rows in input_data.' }),
    ),
    ...choice,
  },
  closed,
);
export type PredictRequest = Static<typeof PredictRequest>;

/** Body of `POST /predict` with the inputs of any model that has a task. */
export const PredictInputs = Type.Object(
  {
    inputs: Type.Unknown({
      description:
        'An object with a value for each input by its name; the value itself where the model has one input. Values are numbers, booleans or texts in nested arrays.',
    }),
    ...choice,
  },
  closed,
);
export type PredictInputs = Static<typeof PredictInputs>;

/** Body of `POST /predict` with encoded images. */
export const PredictImages = Type.Object(
  {
    images: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      maxItems: maxImages,
      description: 'JPEG, PNG, WebP, GIF or AVIF in base64, or as data URLs.',
    }),
    ...choice,
  },
  closed,
);
export type PredictImages = Static<typeof PredictImages>;

const timing = {
  model_version: Type.String({ description: 'The version that answered.' }),
  inference_time_ms: Type.Number({
    minimum: 0,
    description: 'Time of the native run that carried the request, without queueing.',
  }),
};
const classIndex = Type.Integer({ minimum: 0 });
const probability = Type.Number({ minimum: 0, maximum: 1 });
const perRow = <T>(item: Schema<T>, description: string) => Type.Array(item, { description });

/** Answer to rows of numbers, for a classifier. */
export const PredictResponse = Type.Object(
  {
    predictions: perRow(classIndex, 'Class index of each row.'),
    confidence_scores: perRow(probability, 'Probability of the predicted class, for each row.'),
    ...timing,
  },
  closed,
);
export type PredictResponse = Static<typeof PredictResponse>;

const RankedClass = Type.Object({ index: classIndex, label: Type.String(), score: probability }, closed);

/** Answer of a model of any task, and to every request that names a model, asks for classes, or has another input. */
export const PredictAnswer = Type.Union([
  Type.Object(
    {
      predictions: perRow(classIndex, 'Class index of each row.'),
      confidence_scores: perRow(probability, 'Probability of the predicted class, for each row.'),
      labels: perRow(Type.String(), 'Label of the predicted class, for each row.'),
      top_k: Type.Optional(perRow(Type.Array(RankedClass), 'The best classes of each row, the best first.')),
      ...timing,
    },
    { ...closed, title: 'Classification' },
  ),
  Type.Object(
    {
      predictions: perRow(Type.Array(classIndex), 'Indices of the labels of each row, the most probable first.'),
      confidence_scores: perRow(Type.Array(probability), 'Their probabilities.'),
      labels: perRow(Type.Array(Type.String()), 'The labels.'),
      ...timing,
    },
    { ...closed, title: 'Several labels' },
  ),
  Type.Object(
    { embeddings: perRow(Type.Array(Type.Number()), 'A vector for each row.'), ...timing },
    { ...closed, title: 'Embeddings' },
  ),
]);
