/** What is pulled, and from which hub: texts of the caller, held to their grammars before anything is asked. */
import { isIP } from 'node:net';
import { describe, torchError, type TorchError } from '../../errors.js';
import { isLinkLocal, isLoopback } from './addresses.js';

/** A repository of models at a revision. */
export interface HubPlace {
  /** `org/model`, or `model` for those without an owner. */
  readonly repository: string;
  /** A branch, a tag or a commit; undefined where none is named. */
  readonly revision: string | undefined;
  /** Whether the revision is a whole commit, which is the same for ever. */
  readonly isCommit: boolean;
}

/** A hub to ask. */
export interface Endpoint {
  readonly url: URL;
  /** Without a slash at its end, as the hub's library wants it. */
  readonly text: string;
  /** Which addresses its name may stand for: those of Hugging Face are public, a mirror of one's own may be anywhere. */
  readonly reach: 'public' | 'loopback' | 'named';
}

const defaultEndpoint = 'https://huggingface.co';
/** As `huggingface_hub.utils.validate_repo_id` has it. */
const namePart = /^[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?$/;
const longestRepository = 96;
export const isCommit = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

/**
 * Reads `hf:org/model@revision`.
 * @throws ERR_INVALID_ARGUMENT for any other form: no other place is fetched from
 */
export function parsePlace(source: unknown): HubPlace {
  const match = typeof source === 'string' ? /^hf:([^@]*)(?:@(.*))?$/s.exec(source) : null;
  const [, repository = '', revision] = match ?? [];
  if (!match || !isRepository(repository)) {
    throw invalid('hf:<owner>/<model>@<commit of 40 hex digits>', 'the place of a model', source);
  }
  if (revision === undefined) return { repository, revision: undefined, isCommit: false };
  const lower = revision.toLowerCase();
  if (isCommit(lower)) return { repository, revision: lower, isCommit: true };
  if (!isRevision(revision)) throw invalid('a branch, a tag or a commit behind the @', 'the place of a model', source);
  return { repository, revision, isCommit: false };
}

function isRepository(text: string): boolean {
  const parts = text.split('/');
  if (parts.length > 2 || text.length > longestRepository || /--|\.\.|\.git$/.test(text)) return false;
  return parts.every((part) => namePart.test(part));
}

/** What git takes for a name of a reference, less what an address could be confused by. */
function isRevision(text: string): boolean {
  return /^[\w][\w./+-]{0,199}$/.test(text) && !/\.\.|\/\/|\/$|\.$/.test(text);
}

/**
 * The hub that an option or HF_ENDPOINT names.
 * @throws ERR_INVALID_ARGUMENT for what is no https address, unless it is http on the loopback of this machine
 */
export function parseEndpoint(text: string | undefined): Endpoint {
  const given = text === undefined || text === '' ? defaultEndpoint : text;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url) throw invalid('an https address', 'the endpoint of the hub', hidden(given));
  const host = hostOf(url);
  const isLocal = host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && isLoopback(host));
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLocal);
  if (
    !isSafe ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== '' ||
    isLinkLocal(host)
  ) {
    throw invalid(
      'an https address without a user, or an http address of this machine’s loopback',
      'the endpoint of the hub',
      hidden(given),
    );
  }
  const reach = isLocal ? 'loopback' : url.origin === defaultEndpoint ? 'public' : 'named';
  return { url, text: url.href.replace(/\/+$/, ''), reach };
}

/** The host of an address, IPv6 without its brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** Without what may be a password. */
const hidden = (text: string): string => text.replace(/\/\/.*@/s, '//***@');

/** @throws ERR_INVALID_ARGUMENT for a revision that names another commit tomorrow */
export function requireCommit({ repository, revision, isCommit: fixed }: HubPlace, resolve: boolean): void {
  if (fixed || resolve) return;
  const received = revision === undefined ? 'none' : describe(revision);
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected a commit of 40 hex digits behind hf:${repository}@ but received ${received}, which may stand for other files tomorrow\n` +
      `  fix: name the commit, or let the hub say it with --resolve (resolve: true), which writes it into the record`,
  );
}

function invalid(what: string, where: string, got: unknown): TorchError {
  return torchError('ERR_INVALID_ARGUMENT', `Expected ${what} for ${where} but received ${describe(got)}`);
}
