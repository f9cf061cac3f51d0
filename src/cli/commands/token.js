import { createHash, randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { UsageError } from '../usage.js';
const help = `
Prints the token once, for its user, and the line of the tokens file that lets it in. The file keeps a hash, never the token.
Nothing is stored, and nothing is sent. docs/security.md has the rest.

Example: node-libtorch token --id ci --scopes infer`;
/** `node-libtorch token`: makes a bearer token of 256 random bits. */
export function tokenCommand() {
    return new Command('token')
        .description('make a bearer token for the server')
        .addOption(new Option('--id <id>', 'who the token stands for, in logs and limits').default('client'))
        .addOption(new Option('--scopes <scopes>', 'infer, admin or infer,admin').default('infer'))
        .addOption(new Option('--expires <date>', 'the day or time from which it is refused, such as 2027-01-31'))
        .addOption(new Option('--json', 'print {"token", "entry"}, with the entry of a JSON tokens file'))
        .addHelpText('after', help)
        .action(async (options) => {
        process.stdout.write(await tokenText(options));
    });
}
async function tokenText({ id, scopes, expires, json }) {
    const { parseTokens } = await import('../../server/security/token-text.js');
    const token = `nlt_${randomBytes(32).toString('base64url')}`;
    const sha256 = createHash('sha256').update(token).digest('hex');
    const entry = { id, scopes: scopes.split(','), sha256, ...(expires !== undefined && { expires }) };
    try {
        parseTokens(JSON.stringify({ tokens: [entry] }), 'the flags of token');
    }
    catch (cause) {
        throw new UsageError(cause);
    }
    if (json)
        return `${JSON.stringify({ token, entry })}\n`;
    const line = [id, scopes, `sha256:${sha256}`, ...(expires === undefined ? [] : [expires])].join(' ');
    return `token, for its user: ${token}\nline of the tokens file: ${line}\n`;
}
