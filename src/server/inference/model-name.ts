import { torchError, type TorchError } from '../../errors.js';
import { foldReference } from '../../registry/names.js';
import { isServedName, isServedReference } from '../../serving/names.js';

/** A model, and perhaps a version, as a caller of any protocol names it. */
interface Named {
  /** A name, or `name@version`. */
  readonly model: string;
  /** A version, an alias of one, or the digest of its artifact: `sha256:…`. */
  readonly version?: string | undefined;
}

interface MaybeNamed {
  readonly model?: string | undefined;
  readonly version?: string | undefined;
}

/** What is behind the @ of a name, where there is one: `mnist@champion` names the version `champion` of `mnist`. */
export function splitName<T extends MaybeNamed>(given: T): T {
  const { model } = given;
  const version = given.version === undefined ? undefined : foldReference(given.version);
  const at = model?.indexOf('@') ?? -1;
  if (model === undefined || at < 0) return version === given.version ? given : { ...given, version };
  const behind = foldReference(model.slice(at + 1));
  if (version !== undefined && version !== behind) {
    throw badRequest('Expected one version but received another behind the @ of the name');
  }
  return { ...given, model: model.slice(0, at), version: behind };
}

/**
 * The model that is meant, and its version. What no model can be called is a fault of the request, and not a model that is
 * missing: it is said before anything is looked for.
 * @throws ERR_BAD_REQUEST
 */
export function namesOf(given: Named): Named {
  const named = splitName(given);
  const { model, version } = named;
  if (!isServedName(model)) throw badRequest(`Expected the name of a model (${grammar}) but received other text`);
  if (version !== undefined && !isServedReference(version)) {
    const kinds = `${grammar}; an alias such as champion; or sha256: and 64 digits 0-9 a-f`;
    throw badRequest(`Expected a version (${kinds}) but received other text`);
  }
  return named;
}

const grammar = '1 to 128 letters, digits, . _ or - without two dots in a row';

function badRequest(message: string): TorchError {
  return torchError('ERR_BAD_REQUEST', message);
}
