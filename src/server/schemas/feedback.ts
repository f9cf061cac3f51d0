/** Bodies of the routes that labels come back to. `server/feedback/body.ts` reads them. */
import Type from '../../schema/builder.js';

const closed = { additionalProperties: false };

const Class = Type.Union([
  Type.Integer({ minimum: 0, description: 'The index of a class.' }),
  Type.String({ description: 'What a class is called.' }),
]);

const Item = Type.Object(
  {
    request_id: Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'The header x-request-id of the answer, or the id of an Open Inference Protocol request.',
    }),
    label: Type.Union([Class, Type.Array(Class, { minItems: 1, description: 'One for each row of the request.' })]),
  },
  closed,
);

/** Body of `POST /feedback`. */
export const Feedback = Type.Union([
  Item,
  Type.Object({ feedback: Type.Array(Item, { minItems: 1, maxItems: 1000 }) }, closed),
]);

/** What became of it. */
export const FeedbackReport = Type.Object(
  {
    counted: Type.Integer({ minimum: 0, description: 'Items that were counted.' }),
    rows: Type.Integer({ minimum: 0, description: 'Their rows.' }),
    refused: Type.Array(
      Type.Object(
        {
          request_id: Type.String(),
          code: Type.String({ description: 'As in docs/errors.md.' }),
          detail: Type.String(),
          pointer: Type.String({ description: 'The place in the body, as a JSON pointer.' }),
        },
        closed,
      ),
      { description: 'Items of a list that were not counted, and why.' },
    ),
  },
  closed,
);
