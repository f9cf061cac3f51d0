/** A hub of Hugging Face on the loopback: it answers what @huggingface/hub asks, as huggingface.co does, or as a test says. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const commit = '0123456789abcdef0123456789abcdef01234567';
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const blob = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

interface Asked {
  /** `hub` or `storage`: each is a server of its own, on a port of its own. */
  readonly host: 'hub' | 'storage';
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** Answers a request in the server's place; false leaves it to the server. */
export type Fault = (asked: Asked, response: ServerResponse) => boolean;

export interface Hub {
  readonly endpoint: string;
  readonly storage: string;
  readonly asked: readonly Asked[];
  /** Requests of files, by what follows `resolve/<commit>/`. */
  readonly fetched: () => string[];
  fault: Fault | undefined;
  /** Changes an entry of the listing. */
  listing: (entries: object[]) => object[];
  card: object | undefined;
  close(): Promise<void>;
}

export interface HubOptions {
  readonly repository?: string;
  /** By path. Those in git are named in `inGit`, all others are large files. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly inGit?: readonly string[];
  /** What each branch or tag stands for. */
  readonly branches?: Readonly<Record<string, string>>;
  /** Entries of one page of a listing. */
  readonly page?: number;
  /** What the hub lets in; undefined is anybody. */
  readonly token?: string;
}

export async function startHub(options: HubOptions): Promise<Hub> {
  const { repository = 'org/model', files, inGit = [], branches = { main: commit }, page = 2, token } = options;
  const asked: Asked[] = [];
  const hub: { -readonly [K in keyof Hub]?: Hub[K] } = { asked, listing: (entries) => entries };

  const onHub = (one: Asked, response: ServerResponse): void => {
    const url = new URL(one.path, 'http://hub');
    const [, api, rest] = /^\/(api\/models\/)?(.*)$/.exec(url.pathname) ?? [];
    if (token !== undefined && one.headers.authorization !== `Bearer ${token}`) {
      json(response, 401, { error: 'Invalid username or password.' });
      return;
    }
    if (!rest?.startsWith(`${repository}/`)) {
      json(response, 404, { error: 'Repository not found' }, { 'x-error-code': 'RepoNotFound' });
      return;
    }
    const [kind = '', revision = '', ...parts] = rest
      .slice(repository.length + 1)
      .split('/')
      .map(decodeURIComponent);
    const path = parts.join('/');
    const found = revision === commit ? commit : branches[revision];
    if (found === undefined) {
      json(response, 404, { error: `Invalid rev id: ${revision}` }, { 'x-error-code': 'RevisionNotFound' });
    } else if (api && kind === 'revision') {
      json(response, 200, model(repository, found, hub.card));
    } else if (api && kind === 'tree') {
      const all = hub.listing!(entries(files, inGit, path));
      const from = Number(url.searchParams.get('cursor') ?? 0);
      const next = new URL(one.path, hub.endpoint);
      next.searchParams.set('cursor', String(from + page));
      const link = from + page < all.length ? { link: `<${next.href}>; rel="next"` } : {};
      json(response, 200, all.slice(from, from + page), link);
    } else if (!api && kind === 'resolve') {
      const bytes = files[path];
      if (!bytes) {
        json(response, 404, { error: 'Entry not found' }, { 'x-error-code': 'EntryNotFound' });
      } else if (inGit.includes(path)) {
        send(response, one.headers.range, bytes, { 'x-repo-commit': found, etag: `"${blob(bytes)}"` });
      } else {
        response.writeHead(302, {
          location: `${hub.storage}/blobs/${encodeURIComponent(path)}?X-Amz-Signature=abc`,
          'x-repo-commit': found,
          'x-linked-size': bytes.length,
          'x-linked-etag': `"${sha256(bytes)}"`,
        });
        response.end('Found. Redirecting');
      }
    } else json(response, 404, { error: 'Sorry, we cannot find the page you are looking for.' });
  };

  const onStorage = (one: Asked, response: ServerResponse): void => {
    const path = decodeURIComponent(new URL(one.path, 'http://storage').pathname.slice('/blobs/'.length));
    send(response, one.headers.range, files[path] ?? new Uint8Array(), { etag: '"storage-1"' });
  };

  const start = async (host: Asked['host'], answer: (one: Asked, response: ServerResponse) => void) => {
    const server = createServer(({ url = '', headers }, response) => {
      const one: Asked = { host, path: url, headers };
      asked.push(one);
      if (!hub.fault?.(one, response)) answer(one, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  };
  const [own, storage] = [await start('hub', onHub), await start('storage', onStorage)];
  return Object.assign(hub, {
    endpoint: own.address,
    storage: storage.address,
    fetched: () => asked.flatMap(({ path }) => /\/resolve\/[^/]+\/(.*)$/.exec(path)?.[1] ?? []),
    close: async () => {
      for (const server of [own.server, storage.server]) await stop(server);
    },
  }) as Hub;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

function model(repository: string, sha: string, cardData: object | undefined): object {
  const common = { _id: '64a', id: repository, private: false, gated: false, downloads: 1, likes: 2 };
  return {
    ...common,
    lastModified: '2026-11-01T00:00:00.000Z',
    pipeline_tag: 'other',
    sha,
    ...(cardData && { cardData }),
  };
}

function entries(files: HubOptions['files'], inGit: readonly string[], below: string): object[] {
  const paths = Object.keys(files).filter((path) => below === '' || path.startsWith(`${below}/`));
  const folders = new Set(paths.flatMap((path) => (path.includes('/') ? [path.slice(0, path.lastIndexOf('/'))] : [])));
  const directories = [...folders].map((path) => ({ type: 'directory', oid: '1'.repeat(40), size: 0, path }));
  return [
    ...directories,
    ...paths.map((path) => {
      const bytes = files[path]!;
      const entry = { type: 'file', size: bytes.length, path };
      if (inGit.includes(path)) return { ...entry, oid: blob(bytes) };
      return { ...entry, oid: '2'.repeat(40), lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } };
    }),
  ];
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

export function send(
  response: ServerResponse,
  range: string | undefined,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined) {
    response.writeHead(200, { ...headers, 'content-length': bytes.length, 'accept-ranges': 'bytes' });
    response.end(bytes);
    return;
  }
  const part = bytes.subarray(Number(first), last ? Number(last) + 1 : undefined);
  const place = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
  response.writeHead(206, { ...headers, 'content-length': part.length, 'content-range': place });
  response.end(part);
}
