import Type, { type Static } from '../../schema/builder.js';

/** Answers of `/health/live`: 200 with `live`; 503 with `failed` and the devices that were lost, or with `stuck` and the models that are. */
export const Liveness = Type.Union([
  Type.Object({ status: Type.Literal('live') }, { additionalProperties: false }),
  Type.Object({ status: Type.Literal('failed'), devices: Type.Array(Type.String()) }, { additionalProperties: false }),
  Type.Object({ status: Type.Literal('stuck'), reason: Type.String() }, { additionalProperties: false }),
]);
export type Liveness = Static<typeof Liveness>;

/** Both answers of `/health/ready`: 200 with `ready`, 503 with anything else. */
export const Readiness = Type.Object(
  {
    status: Type.Union([
      Type.Literal('ready'),
      Type.Literal('loading'),
      Type.Literal('draining'),
      Type.Literal('closed'),
      Type.Literal('failed'),
      Type.Literal('stuck'),
    ]),
    /** Of `failed` and `stuck`. */
    reason: Type.Optional(Type.String()),
    models: Type.Array(Type.Object({ name: Type.String(), version: Type.String() }, { additionalProperties: false })),
    /** Models that were to be served and could not be loaded, with the code of the error. */
    failed: Type.Optional(
      Type.Array(
        Type.Object(
          { name: Type.String(), version: Type.String(), code: Type.String() },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
);
export type Readiness = Static<typeof Readiness>;
