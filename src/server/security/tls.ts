import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { torchError } from '../../errors.js';
import type { Logger } from '../../monitoring/logging.js';
import { watchFiles } from './file-watch.js';

/** Paths of PEM files. */
export interface TlsFiles {
  /** The server's certificate, and those between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of clients: with it every client must show a certificate of theirs (mTLS). */
  readonly ca?: string | undefined;
}

/** What the files hold, checked: they belong together. */
export interface TlsContent {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer | undefined;
}

/** What takes the certificates of a new connection: a server of node:https, say. */
export type TlsTaker = (content: TlsContent) => void;

/**
 * The certificates of a server. They are read again when a file changes, and every listener gets them; open connections keep
 * theirs. A pair that does not belong together, or cannot be read, is logged, and the one before goes on.
 */
export class TlsStore {
  readonly #files: TlsFiles;
  readonly #logger: Logger;
  readonly #takers = new Set<TlsTaker>();
  readonly #unwatch: () => void;
  #content: TlsContent;

  /** @throws ERR_CONFIG for files that cannot be read or used */
  constructor(files: TlsFiles, logger: Logger) {
    this.#files = files;
    this.#logger = logger;
    const paths = [files.cert, files.key, ...(files.ca === undefined ? [] : [files.ca])];
    this.#unwatch = watchFiles(paths, () => this.reload());
    try {
      this.#content = readTls(files);
    } catch (error) {
      this.#unwatch();
      throw error;
    }
  }

  get content(): TlsContent {
    return this.#content;
  }

  /** Calls back with every later content. Returns what ends it. */
  follow(taker: TlsTaker): () => void {
    this.#takers.add(taker);
    return () => this.#takers.delete(taker);
  }

  reload(): void {
    try {
      const content = readTls(this.#files);
      if (isSame(content, this.#content)) return;
      this.#content = content;
      for (const taker of this.#takers) taker(content);
      this.#logger.info({ validTo: new X509Certificate(content.cert).validTo }, 'the certificate was read again');
    } catch (err) {
      this.#logger.error({ err }, 'the certificate could not be read again: the one before goes on');
    }
  }

  close(): void {
    this.#unwatch();
    this.#takers.clear();
  }
}

/** What both node:https and gRPC take. TLS 1.2 and later. */
export function secureOptions({ cert, key, ca }: TlsContent): SecureContextOptions {
  return { cert, key, ...(ca && { ca }), minVersion: 'TLSv1.2' };
}

/** @throws ERR_CONFIG when a file cannot be read, or a key is not the certificate's */
export function readTls({ cert, key, ca }: TlsFiles): TlsContent {
  const content: TlsContent = {
    cert: read('tlsCert', cert),
    key: read('tlsKey', key),
    ...(ca !== undefined && { ca: read('tlsCa', ca) }),
  };
  usable('tlsCert', 'a certificate in PEM', cert, () => new X509Certificate(content.cert));
  const privateKey = usable('tlsKey', 'a private key in PEM without a passphrase', key, () =>
    createPrivateKey(content.key),
  );
  if (!new X509Certificate(content.cert).checkPrivateKey(privateKey)) {
    throw torchError('ERR_CONFIG', `Expected in tlsKey (${key}) the key of the certificate in tlsCert (${cert})`);
  }
  const { ca: authorities } = content;
  if (authorities) usable('tlsCa', 'certificates in PEM', ca ?? '', () => new X509Certificate(authorities));
  usable('tlsCert', 'a certificate that TLS can use', cert, () => createSecureContext(secureOptions(content)));
  return content;
}

function read(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw torchError('ERR_CONFIG', `Expected a readable file for ${setting} at ${path} (${code})`, { cause });
  }
}

function usable<T>(setting: string, what: string, path: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw torchError('ERR_CONFIG', `Expected ${what} for ${setting} at ${path}`, { cause });
  }
}

function isSame(one: TlsContent, other: TlsContent): boolean {
  const parts = ['cert', 'key', 'ca'] as const;
  return parts.every((part) => one[part]?.toString('latin1') === other[part]?.toString('latin1'));
}
