import Type, { type Static } from 'typebox';

/** Rows of one prediction, fixed by the contract. */
export const maxBatchSize = 128;

/** Characters of a version's name. */
export const maxVersionLength = 128;

/** Body of `POST /predict`: what validates a request is what /openapi.json shows. */
export const PredictRequest = Type.Object(
  {
    input_data: Type.Array(Type.Number(), {
      minItems: 1,
      description: 'batch_size rows of features, one after the other.',
    }),
    model_version: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: maxVersionLength,
        description: "Version of the default model; left out, the model's default version.",
      }),
    ),
    batch_size: Type.Optional(
      Type.Integer({ minimum: 1, maximum: maxBatchSize, default: 1, description: 'Rows in input_data.' }),
    ),
  },
  { additionalProperties: false },
);
export type PredictRequest = Static<typeof PredictRequest>;

/** Answer of `POST /predict`. */
export const PredictResponse = Type.Object(
  {
    predictions: Type.Array(Type.Integer({ minimum: 0 }), { description: 'Class index of each row.' }),
    confidence_scores: Type.Array(Type.Number({ minimum: 0, maximum: 1 }), {
      description: 'Probability of the predicted class, for each row.',
    }),
    model_version: Type.String({ description: 'The version that answered.' }),
    inference_time_ms: Type.Number({
      minimum: 0,
      description: 'Time of the native run that carried the request, without queueing.',
    }),
  },
  { additionalProperties: false },
);
export type PredictResponse = Static<typeof PredictResponse>;
