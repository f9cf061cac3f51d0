import type { ModelRecord } from '../model-record.js';
import { clean } from './text.js';

const schemes = ['https:', 'http:', 'git:', 'ssh:', 'git+https:', 'git+ssh:', 'ftp:', 's3:', 'gs:'];
const hubRepository = /^hf:([A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?)$/;

/**
 * Where the artifact was fetched from, and the commit that it was made from. What is no address, whatever it is, is none of
 * them: `others` has it.
 */
export function externalReferences({ source = {}, sourceCommit, artifact }: ModelRecord): {
  readonly references: readonly object[];
  readonly others: readonly (readonly [string, string])[];
} {
  const { repository, revision, file, url } = source;
  const hashes = [{ alg: 'SHA-256', content: artifact.sha256 }];
  const hub = hubRepository.exec(repository ?? '')?.[1];
  const page = hub === undefined ? address(repository) : `https://huggingface.co/${hub}`;
  const references: object[] = [];
  if (page !== undefined) {
    const isAtCommit = hub !== undefined && revision !== undefined;
    references.push({
      type: 'vcs',
      url: isAtCommit ? `${page}/tree/${revision}` : page,
      ...(!isAtCommit && revision !== undefined && { comment: `revision ${revision}` }),
    });
    if (isAtCommit && file !== undefined) {
      const path = clean(file).split('/').map(encodeURIComponent).join('/');
      references.push({ type: 'distribution', url: `${page}/resolve/${revision}/${path}`, hashes });
    }
  }
  const download = address(url);
  if (download !== undefined) references.push({ type: 'distribution', url: download, hashes });
  // A commit whose repository nobody stated has no address, but Software Heritage's identifier for it.
  if (sourceCommit?.length === 40) {
    references.push({ type: 'vcs', url: `swh:1:rev:${sourceCommit}`, comment: `made from commit ${sourceCommit}` });
  }
  const others: [string, string][] = [];
  if (page === undefined && repository !== undefined) others.push(['source.repository', withoutPassword(repository)]);
  if (download === undefined && url !== undefined) others.push(['source.url', withoutPassword(url)]);
  return { references, others };
}

/** A text without the user and password that an address in it has. */
export function withoutPassword<T extends string | undefined>(text: T): T {
  return text?.replace(/:\/\/[^/\s]*@/g, '://') as T;
}

/** An absolute address without user and password, in the characters that every reader takes; undefined for all else. */
function address(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!schemes.includes(url.protocol)) return undefined;
  url.username = '';
  url.password = '';
  const { protocol, host, href } = url;
  const start = `${protocol}//${host}`;
  if (host === '' || !href.startsWith(start)) return undefined;
  const rest = href.slice(start.length).replace(/%(?![0-9A-Fa-f]{2})|[^\w\-.~:/?#@!$&'()*+,;=%]/gu, encodeURIComponent);
  return start + rest;
}
