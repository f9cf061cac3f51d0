import Type, { type Static } from 'typebox';

export const Liveness = Type.Object({ status: Type.Literal('live') }, { additionalProperties: false });

/** Both answers of `/health/ready`: 200 with `ready`, 503 with anything else. */
export const Readiness = Type.Object(
  {
    status: Type.Union([
      Type.Literal('ready'),
      Type.Literal('loading'),
      Type.Literal('draining'),
      Type.Literal('closed'),
    ]),
    models: Type.Array(Type.Object({ name: Type.String(), version: Type.String() }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);
export type Readiness = Static<typeof Readiness>;
