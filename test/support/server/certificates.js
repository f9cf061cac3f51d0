import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
/** An authority of its own for 127.0.0.1 and localhost; openssl makes its certificates. */
export class Authority {
    folder;
    cert;
    #key;
    constructor(folder) {
        this.folder = folder;
        this.cert = join(folder, 'ca.crt');
        this.#key = join(folder, 'ca.key');
        openssl('req', '-x509', ...newKey(this.#key), '-out', this.cert, '-days', '2', '-subj', '/CN=test authority');
    }
    get text() {
        return readFileSync(this.cert, 'utf8');
    }
    /** A certificate of the authority. */
    issue(name) {
        const pair = { cert: join(this.folder, `${name}.crt`), key: join(this.folder, `${name}.key`) };
        const request = join(this.folder, `${name}.csr`);
        const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
        openssl('req', ...newKey(pair.key), '-out', request, '-subj', `/CN=${name}`, '-addext', names);
        const signing = ['-CA', this.cert, '-CAkey', this.#key, '-CAcreateserial', '-copy_extensions', 'copy'];
        openssl('x509', '-req', '-in', request, '-out', pair.cert, '-days', '2', ...signing);
        return pair;
    }
}
const newKey = (path) => [
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
    ...['-nodes', '-keyout', path],
];
function openssl(...args) {
    execFileSync('openssl', args, { stdio: 'pipe' });
}
