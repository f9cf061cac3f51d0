import { readFileSync, statSync } from 'node:fs';
import { timingSafeEqual } from 'node:crypto';
import { torchError } from '../../errors.js';
import { watchFiles } from './file-watch.js';
import { digestOf, parseTokens } from './token-text.js';
const mostBytes = 2 ** 20;
/**
 * The tokens that are good now. A file that becomes unreadable or wrong is logged, and the tokens that were good stay; an
 * empty one revokes all, and then nothing is let in.
 */
export class TokenStore {
    #sources;
    #logger;
    #unwatch;
    #tokens;
    /** @throws ERR_CONFIG for a file that cannot be read, and for what are no tokens */
    constructor(sources, logger) {
        this.#sources = sources;
        this.#logger = logger;
        this.#tokens = this.#read();
        this.#unwatch = sources.file === undefined ? () => undefined : watchFiles([sources.file], () => this.reload());
    }
    get ids() {
        return [...new Set(this.#tokens.map(({ id }) => id))];
    }
    /** The token of this text; undefined when there is none, or its time is over. It takes as long for every text. */
    find(secret) {
        const digest = digestOf(secret);
        let found;
        for (const token of this.#tokens)
            if (timingSafeEqual(token.digest, digest))
                found = token;
        return found && found.expires > Date.now() ? found : undefined;
    }
    /** Reads the file again. */
    reload() {
        try {
            this.#tokens = this.#read();
            this.#logger.info({ ids: this.ids }, 'tokens were read again');
        }
        catch (err) {
            this.#logger.error({ err }, 'tokens could not be read again: those from before go on');
        }
    }
    close() {
        this.#unwatch();
    }
    #read() {
        const { file, text } = this.#sources;
        return [
            ...(text === undefined ? [] : parseTokens(text, 'NODE_LIBTORCH_TOKENS')),
            ...(file === undefined ? [] : parseTokens(this.#contentOf(file), `the tokens file ${file}`)),
        ];
    }
    #contentOf(file) {
        try {
            const { size, mode } = statSync(file);
            if (size > mostBytes)
                throw new RangeError(`larger than ${mostBytes} bytes`);
            const content = readFileSync(file, 'utf8');
            if ((mode & 0o007) !== 0 && !/sha256/.test(content)) {
                this.#logger.warn({ file }, 'every user of this machine can read the tokens: chmod 600, or keep hashes');
            }
            return content;
        }
        catch (cause) {
            const why = cause.code ?? cause.message;
            throw torchError('ERR_CONFIG', `Expected a readable tokens file at ${file} (${why})`, { cause });
        }
    }
}
