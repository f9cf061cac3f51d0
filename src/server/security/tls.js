import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { torchError } from '../../errors.js';
import { watchFiles } from './file-watch.js';
/**
 * The certificates of a server. They are read again when a file changes, and every listener gets them; open connections keep
 * theirs. A pair that does not belong together, or cannot be read, is logged, and the one before goes on.
 */
export class TlsStore {
    #files;
    #logger;
    #takers = new Set();
    #unwatch;
    #content;
    /** @throws ERR_CONFIG for files that cannot be read or used */
    constructor(files, logger) {
        this.#files = files;
        this.#logger = logger;
        this.#content = readTls(files);
        const paths = [files.cert, files.key, ...(files.ca === undefined ? [] : [files.ca])];
        this.#unwatch = watchFiles(paths, () => this.reload());
    }
    get content() {
        return this.#content;
    }
    /** Calls back with every later content. Returns what ends it. */
    follow(taker) {
        this.#takers.add(taker);
        return () => this.#takers.delete(taker);
    }
    reload() {
        try {
            const content = readTls(this.#files);
            if (isSame(content, this.#content))
                return;
            this.#content = content;
            for (const taker of this.#takers)
                taker(content);
            this.#logger.info({ validTo: new X509Certificate(content.cert).validTo }, 'the certificate was read again');
        }
        catch (err) {
            this.#logger.error({ err }, 'the certificate could not be read again: the one before goes on');
        }
    }
    close() {
        this.#unwatch();
        this.#takers.clear();
    }
}
/** What both node:https and gRPC take. TLS 1.2 and later. */
export function secureOptions({ cert, key, ca }) {
    return { cert, key, ...(ca && { ca }), minVersion: 'TLSv1.2' };
}
/** @throws ERR_CONFIG when a file cannot be read, or a key is not the certificate's */
export function readTls({ cert, key, ca }) {
    const content = {
        cert: read('tlsCert', cert),
        key: read('tlsKey', key),
        ...(ca !== undefined && { ca: read('tlsCa', ca) }),
    };
    usable('tlsCert', 'a certificate in PEM', cert, () => new X509Certificate(content.cert));
    const privateKey = usable('tlsKey', 'a private key in PEM without a passphrase', key, () => createPrivateKey(content.key));
    if (!new X509Certificate(content.cert).checkPrivateKey(privateKey)) {
        throw torchError('ERR_CONFIG', `Expected in tlsKey (${key}) the key of the certificate in tlsCert (${cert})`);
    }
    const { ca: authorities } = content;
    if (authorities)
        usable('tlsCa', 'certificates in PEM', ca ?? '', () => new X509Certificate(authorities));
    usable('tlsCert', 'a certificate that TLS can use', cert, () => createSecureContext(secureOptions(content)));
    return content;
}
function read(setting, path) {
    try {
        return readFileSync(path);
    }
    catch (cause) {
        const { code } = cause;
        throw torchError('ERR_CONFIG', `Expected a readable file for ${setting} at ${path} (${code})`, { cause });
    }
}
function usable(setting, what, path, make) {
    try {
        return make();
    }
    catch (cause) {
        throw torchError('ERR_CONFIG', `Expected ${what} for ${setting} at ${path}`, { cause });
    }
}
function isSame(one, other) {
    const parts = ['cert', 'key', 'ca'];
    return parts.every((part) => one[part]?.toString('latin1') === other[part]?.toString('latin1'));
}
