import { describe, torchError } from '../../errors.js';
import { InferenceClient, type ModelClient } from '../../client/index.js';
import { datatypeTable } from '../../protocol/datatype.js';
import type { ModelMetadata, TensorMetadata } from '../../protocol/messages.js';
import { stringsType } from '../../signature/strings.js';
import type { TensorSpec } from '../../signature/spec.js';
import { asked } from '../usage.js';
import { declarationsUnder } from './declarations.js';

/** A model of a server. */
interface ServedTarget {
  readonly client: InferenceClient;
  /** Undefined where none is named. */
  readonly model: ModelClient | undefined;
  readonly version: string | undefined;
}

export interface ServedDeclarations {
  readonly model: string;
  readonly declarations: string;
}

/**
 * Declarations of a model that some server of the Open Inference Protocol serves, from its metadata.
 * @param address of the server, or of a model: `http://host:8000/v2/models/digits/versions/1`
 * @param target `name` or `name@version`, where the address names none; may be left out where the server has one model
 * @param token sent as a bearer token
 * @throws UsageError for what can be no address, no name or no token; ERR_INVALID_ARGUMENT where none is named of several; as the
 * calls of a client
 */
export async function servedDeclarations(
  address: string,
  target: string | undefined,
  token: string | undefined,
): Promise<ServedDeclarations> {
  const { client, model: named, version } = asked(() => servedTarget(address, target, token));
  try {
    const model = named ?? client.model(await onlyModel(client), version);
    const { name } = model;
    const metadata = await model.metadata();
    if (metadata.inputs.length === 0 && metadata.outputs.length === 0) {
      throw torchError(
        'ERR_BAD_ANSWER',
        `Expected metadata of the inputs and outputs of ${name} but the server gives none`,
      );
    }
    return { model: metadata.name, declarations: textOf(metadata, version) };
  } finally {
    client.close();
  }
}

/** @throws ERR_INVALID_ARGUMENT */
function servedTarget(address: string, target: string | undefined, token: string | undefined): ServedTarget {
  const [, server = address, path] = /^(.*?)\/v2(?:\/models\/([^?#]+?))?\/?$/.exec(address) ?? [];
  const [inPath, inVersion] = path?.split('/versions/', 2).map((part) => decoded(part, address)) ?? [];
  if (inPath !== undefined && target !== undefined) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected the model in --url or beside it but received ${inPath} and ${target}`,
    );
  }
  const [name, version] = target === undefined ? [inPath, inVersion] : target.split('@', 2);
  const client = new InferenceClient(server, { ...(token !== undefined && { token }) });
  return { client, model: name === undefined ? undefined : client.model(name, version), version };
}

function decoded(part: string, address: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected % and two hexadecimal digits for each byte of a name in --url but received ${describe(address)}`,
    );
  }
}

async function onlyModel(client: InferenceClient): Promise<string> {
  const names = [...new Set((await client.models()).map((model) => model.name))];
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  const known = names.length === 0 ? 'none' : names.join(', ');
  throw torchError('ERR_INVALID_ARGUMENT', `Expected the name of a model; the server has ${known}`);
}

/** No address: the same model gives the same text wherever it is served. */
function textOf({ name, versions, platform, inputs, outputs }: ModelMetadata, version: string | undefined): string {
  const known = version ?? (versions.length === 1 ? versions[0] : undefined);
  const headline = `${name}${known === undefined ? '' : ` ${known}`}: served${platform === '' ? '' : `, ${platform}`}`;
  const forward = {
    name: 'forward',
    args: inputs.map((input) => ({ name: input.name, type: 'Tensor', hasDefault: false })),
    returns: outputs.map(() => 'Tensor'),
  };
  // A server that says nothing of them takes and gives whatever it likes.
  const signature = { inputs: inputs.map(specOf), outputs: outputs.map(specOf) };
  return declarationsUnder(headline, [forward], signature);
}

function specOf({ name, datatype, shape }: TensorMetadata): TensorSpec {
  const sizes = shape.map((size) => (size === -1 ? null : size));
  if (datatype === '') return { name, dtype: null, shape: null };
  const { dtype } = datatypeTable[datatype];
  return dtype === undefined
    ? { name, dtype: null, shape: sizes, type: stringsType(sizes.length) }
    : { name, dtype, shape: sizes };
}
