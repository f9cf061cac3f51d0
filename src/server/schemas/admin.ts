import Type from '../../schema/builder.js';

const closed = { additionalProperties: false };
const state = Type.Union([
  Type.Literal('READY'),
  Type.Literal('LOADING'),
  Type.Literal('UNLOADING'),
  Type.Literal('UNAVAILABLE'),
]);
const identity = {
  name: Type.String(),
  version: Type.String(),
  state,
  /** Why it is in no other state; of one that is up, why its last load failed. */
  reason: Type.String(),
};

/** Answer of `/admin/models`. The members from `isDefault` on are of versions that are up. */
export const ManagedModels = Type.Object(
  {
    models: Type.Array(
      Type.Object(
        {
          ...identity,
          isDefault: Type.Optional(Type.Boolean()),
          engine: Type.Optional(Type.String()),
          device: Type.Optional(Type.String()),
          instances: Type.Optional(Type.Integer({ minimum: 1 })),
          digest: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
          /** What means this version here. */
          aliases: Type.Optional(Type.Array(Type.String())),
          /** Where one model is shown: what is recorded of it, as far as it was stated. */
          record: Type.Optional(Type.Object({ created: Type.String() }, { additionalProperties: true })),
          statistics: Type.Optional(
            Type.Object(
              {
                success: Type.Integer({ minimum: 0 }),
                fail: Type.Integer({ minimum: 0 }),
                rows: Type.Integer({ minimum: 0 }),
                runs: Type.Integer({ minimum: 0 }),
                lastInference: Type.Number({ minimum: 0 }),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** Body of a load and an unload. */
export const ModelChange = Type.Object({ version: Type.Optional(Type.String()) }, closed);

const versionsByAlias = Type.Object({}, { additionalProperties: Type.String() });

/** What aliases mean, in the registry and in force here. */
export const Aliases = Type.Object({ aliases: versionsByAlias, serving: versionsByAlias }, closed);

/** Body of a move of an alias. */
export const AliasChange = Type.Object(
  { version: Type.String({ minLength: 1, description: 'A version, an alias, or sha256: and the digest.' }) },
  closed,
);

/** What a refresh has done. */
export const RefreshReport = Type.Object(
  {
    loaded: Type.Array(Type.String()),
    unloaded: Type.Array(Type.String()),
    failed: Type.Array(Type.Object({ model: Type.String(), code: Type.String(), detail: Type.String() }, closed)),
  },
  closed,
);

/** Body of the Open Inference Protocol's load and unload. */
export const RepositoryChange = Type.Object(
  { parameters: Type.Optional(Type.Object({ unload_dependents: Type.Optional(Type.Boolean()) }, closed)) },
  closed,
);
