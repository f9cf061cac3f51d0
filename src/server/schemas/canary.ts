import Type from '../../schema/builder.js';

const closed = { additionalProperties: false };
const share = { minimum: 0, maximum: 1 };

const limits = {
  maxErrorRate: Type.Number({ ...share, description: 'By how much its error rate may be above the stable one.' }),
  maxLatencyRatio: Type.Number({ minimum: 1, maximum: 1000, description: 'Of the 95th percentiles.' }),
  maxLatencyMs: Type.Optional(Type.Number({ minimum: 0.01, maximum: 3_600_000 })),
  maxDisagreement: Type.Optional(
    Type.Number({ ...share, description: 'The share of answers that may differ on the same input.' }),
  ),
  windowSeconds: Type.Number({ minimum: 5, maximum: 3600 }),
};
const split = {
  sticky: Type.Optional(Type.String({ description: 'The header that requests are split by.' })),
  alias: Type.Optional(Type.String({ description: 'The alias whose requests are split. Default: the name alone.' })),
};

/** Body of a change of a canary. */
export const CanaryChange = Type.Object(
  {
    version: Type.String({ minLength: 1, description: 'A version, an alias, or sha256: and the digest.' }),
    share: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    ...split,
    ...limits,
    maxErrorRate: Type.Optional(limits.maxErrorRate),
    maxLatencyRatio: Type.Optional(limits.maxLatencyRatio),
    windowSeconds: Type.Optional(limits.windowSeconds),
    keepLoaded: Type.Optional(
      Type.Boolean({ description: 'Whether the version stays loaded afterwards, default true.' }),
    ),
  },
  closed,
);

const count = Type.Integer({ minimum: 0 });
const side = Type.Object(
  {
    answers: count,
    errors: count,
    errorRate: Type.Union([Type.Number(share), Type.Null()]),
    p95Ms: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  },
  closed,
);

/** What is known of a canary. */
export const Canary = Type.Object(
  {
    model: Type.String(),
    version: Type.String(),
    stable: Type.String({ description: 'The version beside it.' }),
    promotes: Type.Optional(Type.String({ description: 'The alias that a promotion moves.' })),
    state: Type.Union([Type.Literal('running'), Type.Literal('rolled back')]),
    limit: Type.Optional(Type.Union([Type.Literal('errors'), Type.Literal('latency'), Type.Literal('disagreement')])),
    reason: Type.Optional(Type.String()),
    share: Type.Number(share),
    ...split,
    ...limits,
    keepLoaded: Type.Boolean(),
    since: Type.String({ description: 'When it came into this state: ISO 8601.' }),
    numbers: Type.Object({ canary: side, stable: side, compared: count, disagreed: count }, closed),
  },
  closed,
);
