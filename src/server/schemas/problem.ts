import Type from '../../schema/builder.js';
import { errorTable } from '../../errors.js';

/** Body of an error answer (RFC 9457), where no client of another protocol asks. */
export const ProblemDocument = Type.Object({
  type: Type.String({ description: 'urn:node-libtorch:error: and the code.' }),
  title: Type.String(),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String({ description: 'What was expected and what came.' }),
  code: Type.Enum(Object.keys(errorTable)),
  requestId: Type.String({ description: 'Also in the x-request-id header and in the log.' }),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        pointer: Type.String({ description: 'JSON pointer into the body.' }),
        detail: Type.String(),
      }),
      { maxItems: 16, description: 'Single faults of the body, the first 16.' },
    ),
  ),
});

/** Body of an error answer to a client of TorchServe. */
export const TorchServeError = Type.Object(
  {
    code: Type.Integer({ minimum: 400, maximum: 599, description: 'The status.' }),
    type: Type.String({ description: "The name of TorchServe's exception." }),
    message: Type.String(),
  },
  { additionalProperties: false },
);
