/** What a pull takes, and its checks. */
import * as check from '../../check.js';
import { expected, torchError } from '../../errors.js';
import { checkAddOptions, type AddOptions, type AddProgress } from '../record/options.js';
import { checkFile } from './choose-file.js';

/** Where a pull is. */
export type PullProgress =
  | AddProgress
  /** The hub is asked what there is. */
  | { readonly stage: 'resolve' }
  /** `total` grows when the model names files beside it. */
  | { readonly stage: 'download'; readonly file: string; readonly bytes: number; readonly total: number };

/** What `pull` takes beside the place: what `ModelRegistry.add` takes, and how to fetch. */
export interface PullOptions extends Omit<AddOptions, 'source' | 'onProgress'> {
  /** The model's path in the repository. Default: the only file with an extension of an engine. */
  readonly file?: string;
  /** Take a branch or a tag, or none for `main`, and write the commit that it stands for into the record. Default false. */
  readonly resolve?: boolean;
  /** The hub's address. Default: HF_ENDPOINT, or https://huggingface.co. */
  readonly endpoint?: string;
  /** For private and gated models; sent to the endpoint alone. Default: HF_TOKEN. */
  readonly token?: string;
  /** Most bytes of all files together. Default 20 GiB. */
  readonly maxBytes?: number;
  /** Longest time of all downloads together, in milliseconds. Default 6 hours. */
  readonly timeoutMs?: number;
  /** Longest time without a byte, in milliseconds. Default 60000. */
  readonly stallMs?: number;
  /** Milliseconds before a second try, doubled for each further one. Default 500. */
  readonly backoffMs?: number;
  readonly onProgress?: (progress: PullProgress) => void;
}

/** Options with their defaults, and those of `ModelRegistry.add` by themselves. */
export interface ResolvedPull extends Required<
  Pick<PullOptions, 'resolve' | 'maxBytes' | 'timeoutMs' | 'stallMs' | 'backoffMs'>
> {
  readonly file: string | undefined;
  readonly endpoint: string | undefined;
  readonly token: string | undefined;
  readonly onProgress: PullOptions['onProgress'];
  readonly add: AddOptions;
}

/** @throws ERR_INVALID_ARGUMENT; the options of `add` are checked too, before anything is fetched for nothing */
export function resolvePullOptions(options: PullOptions): ResolvedPull {
  check.object('the options of pull', options);
  const { file, resolve = false, endpoint, token, onProgress, ...rest } = options;
  const { maxBytes = 20 * 2 ** 30, timeoutMs = 6 * 60 * 60 * 1000, stallMs = 60_000, backoffMs = 500, ...add } = rest;
  if ('source' in options) throw expected('no source, which is what is pulled', 'an option of pull', options.source);
  if (file !== undefined) checkFile(file);
  check.boolean('resolve', resolve);
  if (endpoint !== undefined) check.text('endpoint', endpoint, 'an address');
  if (token !== undefined) check.text('token', token);
  check.integer('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER);
  check.milliseconds('timeoutMs', timeoutMs);
  check.milliseconds('stallMs', stallMs);
  check.integer('backoffMs', backoffMs, 0, 60_000);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw expected('a function', 'onProgress', onProgress);
  checkAddOptions(add);
  const secret = tokenOf(token ?? process.env.HF_TOKEN);
  return {
    ...{ file, resolve, maxBytes, timeoutMs, stallMs, backoffMs, onProgress, add },
    endpoint: endpoint ?? process.env.HF_ENDPOINT,
    token: secret,
  };
}

/** @throws ERR_INVALID_ARGUMENT, without the token, for what no header can hold */
function tokenOf(token: string | undefined): string | undefined {
  if (token === undefined || token.trim() === '') return undefined;
  if (/^[\x21-\x7e]{1,4096}$/.test(token.trim())) return token.trim();
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    'Expected a token of letters, digits and punctuation in HF_TOKEN or the option token',
  );
}
