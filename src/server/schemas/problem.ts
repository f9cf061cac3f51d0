import Type from 'typebox';
import { errorTable } from '../../errors.js';

/** Body of every error answer (RFC 9457). */
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
