import { constants } from 'node:buffer';
import { expect } from 'chai';
import { createApp, createServer } from '#dist/server/index.js';
import { createContext } from '#dist/server/context.js';
import { resolveServerOptions, serverOptionsOf } from '#dist/server/options.js';
import { loadSettings } from '#dist/server/settings/load.js';
import { mostJsonBytes } from '#dist/server/settings/table.js';
import { rejection } from '../support/errors.js';
import { MemoryHost } from '../support/server/memory-host.js';
describe('the options of a server', () => {
    const host = new MemoryHost().asHost();
    const settings = loadSettings({ env: {} });
    it('have the defaults of the settings of their names', () => {
        const limits = resolveServerOptions({ host });
        expect(settings).to.include(limits);
        expect(limits).to.include.keys('host', 'port', 'bodyLimitBytes', 'requestTimeoutMs', 'drainTimeoutMs', 'logLevel');
    });
    it('take settings as they are', () => {
        const given = serverOptionsOf(settings);
        expect(given).to.include({ hostname: '127.0.0.1', port: 8000 });
        expect(resolveServerOptions({ ...given, host })).to.deep.equal(resolveServerOptions({ host }));
    });
    it('of bodies let no JSON in that is longer than a string', () => {
        const limits = resolveServerOptions({ host, bodyLimitBytes: 2 ** 30, logger: false });
        const { bodyLimits } = createContext({ host, logger: false }, limits);
        expect(bodyLimits).to.deep.equal({ json: mostJsonBytes, octets: 2 ** 30 });
        expect(mostJsonBytes).to.be.below(constants.MAX_STRING_LENGTH);
    });
    it('keep what is given, and count undefined as not given', () => {
        const given = { host, hostname: '::1', port: 0, maxConnections: undefined };
        expect(resolveServerOptions(given)).to.include({ host: '::1', port: 0, maxConnections: 1024 });
    });
    const refused = [
        ['no host', { host: undefined }, 'a ModelHost', 'host', 'undefined'],
        ['something else for a host', { host: '127.0.0.1' }, 'a ModelHost'],
        ['an unknown option', { prot: 80 }, '"prot"', 'bodyLimitBytes'],
        ['a setting that is no option', { modelsDir: '.' }, '"modelsDir"'],
        ['text for a number', { bodyLimitBytes: '1024' }, 'from 1024 to', 'bodyLimitBytes', '"1024"'],
        ['more JSON than a string holds', { jsonLimitBytes: 2 ** 29 }, 'from 1024 to 524288000', 'jsonLimitBytes'],
        ['null', { requestTimeoutMs: null }, 'requestTimeoutMs', 'null'],
        ['no time at all', { requestTimeoutMs: 0 }, 'from 1 to', 'requestTimeoutMs', '0'],
        ['not a number', { requestTimeoutMs: NaN }, 'requestTimeoutMs', 'NaN'],
        ['an unknown level', { logLevel: 'loud' }, 'one of trace', 'logLevel', '"loud"'],
        ['a logger that logs nothing', { logger: {} }, 'logger', 'an object'],
        ['a name for a function', { shareMetrics: 'all' }, 'a function', 'shareMetrics'],
    ];
    for (const [name, options, ...parts] of refused) {
        it(`refuse ${name}, of an app and of a server`, async () => {
            const given = { host, logger: false, ...options };
            for (const create of [() => createApp(given), () => createServer(given)]) {
                const { message } = await rejection(create, 'ERR_INVALID_ARGUMENT');
                for (const part of parts)
                    expect(message).to.include(part);
            }
        });
    }
    const refusedByServer = [
        ['a port out of range', { port: 65536 }, 'from 0 to 65535', 'port', '65536'],
        ['a fraction', { port: 80.5 }, 'an integer', '80.5'],
        ['a URL for a host name', { hostname: 'http://localhost' }, 'a host name or address', 'hostname'],
        ['a callback that is none', { onDeviceFailure: true }, 'a function', 'onDeviceFailure'],
        ['limits that contradict each other', { receiveTimeoutMs: 100 }, 'receiveTimeoutMs (100)', 'headersTimeoutMs'],
    ];
    for (const [name, options, ...parts] of refusedByServer) {
        it(`refuse ${name}`, async () => {
            const given = { host, logger: false, ...options };
            const { message } = await rejection(() => createServer(given), 'ERR_INVALID_ARGUMENT');
            for (const part of parts)
                expect(message).to.include(part);
        });
    }
    it('of a server are not options of an app', async () => {
        await rejection(() => createApp({ host, port: 0 }), 'ERR_INVALID_ARGUMENT');
    });
});
