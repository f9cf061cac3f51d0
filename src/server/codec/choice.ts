/** Which model is to answer, and how much: what the query and the fields of a form may say as well as the members of JSON. */
import { torchError } from '../../errors.js';
import { invalidBody } from './body-form.js';
import { isModelName, isVersionName } from './request-validators.mjs';

export interface Choice {
  /** Default: the default model. */
  readonly model?: string | undefined;
  /** Default: the model's default version. */
  readonly version?: string | undefined;
  /** How many classes the caller asks for; undefined where it does not ask. */
  readonly topK?: number | undefined;
}

/** The names of the wire. */
export const choiceFields = ['model', 'model_version', 'top_k'] as const;

/** Of a URL without a query. */
export const noChoice: Choice = {};

/**
 * What the query of a URL says.
 * @throws ERR_BAD_REQUEST for an escape that is none; ERR_VALIDATION for any other member, for one that comes twice, and for
 * what no model, no version and no number of classes can be
 */
export function choiceOfQuery(url: string): Choice {
  const start = url.indexOf('?');
  if (start === -1) return noChoice;
  if (!isEscaped(url)) throw torchError('ERR_BAD_REQUEST', 'Expected valid percent-encoding of UTF-8 in the query');
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(url.slice(start))) {
    if (!(choiceFields as readonly string[]).includes(name)) {
      throw torchError('ERR_VALIDATION', `Query: unknown member; expected ${choiceFields.join(', ')}`);
    }
    if (values.has(name)) throw torchError('ERR_VALIDATION', `Query: expected ${name} once`);
    values.set(name, value);
  }
  return choiceOf(values, (name, fault) => torchError('ERR_VALIDATION', `Query: ${name} ${fault}`));
}

/** What the fields of a form say. @throws ERR_VALIDATION */
export function choiceOfFields(fields: ReadonlyMap<string, string>): Choice {
  return choiceOf(fields, (name, fault) => invalidBody(`/${name}`, fault));
}

function choiceOf(values: ReadonlyMap<string, string>, fault: (name: string, what: string) => Error): Choice {
  const model = values.get('model');
  const version = values.get('model_version');
  const topK = values.get('top_k');
  if (model !== undefined && !isModelName(model)) throw fault('model', isModelName.errors?.[0]?.message ?? '');
  if (version !== undefined && !isVersionName(version)) {
    throw fault('model_version', isVersionName.errors?.[0]?.message ?? '');
  }
  if (topK !== undefined && !/^[1-9]\d{0,8}$/.test(topK)) throw fault('top_k', 'must be an integer of at least 1');
  return { model, version, ...(topK !== undefined && { topK: Number(topK) }) };
}

/** Both together. @throws ERR_VALIDATION where the body says other than the query */
export function mergedChoice(query: Choice, body: Choice): Choice {
  if (query === noChoice) return body;
  for (const [key, name] of [
    ['model', 'model'],
    ['version', 'model_version'],
    ['topK', 'top_k'],
  ] as const) {
    if (query[key] === undefined || body[key] === undefined || query[key] === body[key]) continue;
    const what = key === 'topK' ? 'number' : key;
    throw invalidBody(`/${name}`, `expected the ${what} that the query names but received another one`);
  }
  const { model = query.model, version = query.version, topK = query.topK } = body;
  return { model, version, topK };
}

/** URLSearchParams takes a wrong escape for text, and no version is called so. */
function isEscaped(text: string): boolean {
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
