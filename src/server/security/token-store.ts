import { readFileSync, statSync } from 'node:fs';
import { timingSafeEqual } from 'node:crypto';
import { torchError } from '../../errors.js';
import type { Logger } from '../../monitoring/logging.js';
import { watchFiles } from './file-watch.js';
import { digestOf, parseTokens, type Token } from './token-text.js';

/** Where tokens come from; both may be given. */
export interface TokenSources {
  /** Path of a file. It is read again when it changes. */
  readonly file?: string | undefined;
  /** The tokens themselves, as a file has them. */
  readonly text?: string | undefined;
}

const mostBytes = 2 ** 20;

/**
 * The tokens that are good now. A file that becomes unreadable or wrong is logged, and the tokens that were good stay; an
 * empty one revokes all, and then nothing is let in.
 */
export class TokenStore {
  readonly #sources: TokenSources;
  readonly #logger: Logger;
  readonly #unwatch: () => void;
  #tokens: readonly Token[];

  /** @throws ERR_CONFIG for a file that cannot be read, and for what are no tokens */
  constructor(sources: TokenSources, logger: Logger) {
    this.#sources = sources;
    this.#logger = logger;
    this.#unwatch = sources.file === undefined ? () => undefined : watchFiles([sources.file], () => this.reload());
    try {
      this.#tokens = this.#read();
    } catch (error) {
      this.#unwatch();
      throw error;
    }
  }

  get ids(): readonly string[] {
    return [...new Set(this.#tokens.map(({ id }) => id))];
  }

  /** The token of this text; undefined when there is none, or its time is over. It takes as long for every text. */
  find(secret: string): Token | undefined {
    const digest = digestOf(secret);
    let found: Token | undefined;
    for (const token of this.#tokens) if (timingSafeEqual(token.digest, digest)) found = token;
    return found && found.expires > Date.now() ? found : undefined;
  }

  /** Reads the file again. */
  reload(): void {
    try {
      this.#tokens = this.#read();
      this.#logger.info({ ids: this.ids }, 'tokens were read again');
    } catch (err) {
      this.#logger.error({ err }, 'tokens could not be read again: those from before go on');
    }
  }

  close(): void {
    this.#unwatch();
  }

  #read(): readonly Token[] {
    const { file, text } = this.#sources;
    return [
      ...(text === undefined ? [] : parseTokens(text, 'NODE_LIBTORCH_TOKENS')),
      ...(file === undefined ? [] : parseTokens(this.#contentOf(file), `the tokens file ${file}`)),
    ];
  }

  #contentOf(file: string): string {
    try {
      const { size, mode } = statSync(file);
      if (size > mostBytes) throw new RangeError(`larger than ${mostBytes} bytes`);
      const content = readFileSync(file, 'utf8');
      if ((mode & 0o007) !== 0 && !/sha256/.test(content)) {
        this.#logger.warn({ file }, 'every user of this machine can read the tokens: chmod 600, or keep hashes');
      }
      return content;
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
      throw torchError('ERR_CONFIG', `Expected a readable tokens file at ${file} (${why})`, { cause });
    }
  }
}
