import Type from '../../schema/builder.js';

const open = { additionalProperties: true };
const closed = { additionalProperties: false };

/** A version as `/admin/models` has it, with what its task says. */
const known = {
  name: Type.String(),
  version: Type.String(),
  state: Type.String(),
  reason: Type.String(),
  aliases: Type.Optional(Type.Array(Type.String())),
  digest: Type.Optional(Type.String()),
  task: Type.Optional(Type.Object({ type: Type.String(), takesImages: Type.Boolean() }, open)),
};

/** Answer of `/console/state`. */
export const ConsoleState = Type.Object(
  {
    server: Type.Object({ name: Type.String(), version: Type.String() }, closed),
    /** As `/health/ready` says it. */
    status: Type.String(),
    reason: Type.Optional(Type.String()),
    /** What this listener offers to the token that was shown. */
    may: Type.Object({ try: Type.Boolean(), act: Type.Boolean() }, closed),
    defaultModel: Type.String(),
    models: Type.Array(Type.Object(known, open)),
    /** Names of models that have a canary, for whoever may change them. */
    canaries: Type.Optional(Type.Array(Type.String())),
    /** Models that were to be served and could not be loaded. */
    failed: Type.Array(Type.Object({}, open)),
  },
  closed,
);

/** Answer of `/console/state/:model/:version`. */
export const ConsoleModel = Type.Object(
  {
    ...known,
    inputs: Type.Optional(Type.Array(Type.Object({}, open))),
    outputs: Type.Optional(Type.Array(Type.Object({}, open))),
    /** What is recorded of it, and its card in Markdown. */
    record: Type.Optional(Type.Object({ card: Type.String() }, open)),
  },
  open,
);
