import { options as checkOptions } from '../check.js';
import { expected } from '../errors.js';
import { defaultOf, settingsTable } from './settings/table.js';
import { settingsFault } from './settings/validate.js';
const appSettings = [
    'logLevel',
    'jsonLimitBytes',
    'binaryLimitBytes',
    'bodyLimitBytes',
    'imageLimitBytes',
    'maxImagePixels',
    'requestTimeoutMs',
    'stuckAfterMs',
    'stuckFails',
    'logClientAddress',
    'tokensFile',
    'allowedHosts',
    'rateLimit',
    'rateBurst',
    'repositoryOnInference',
];
const serverSettings = [
    ...appSettings,
    'insecure',
    'tlsCert',
    'tlsKey',
    'tlsCa',
    'host',
    'port',
    'grpcPort',
    'adminPort',
    'adminHost',
    'adminGrpcPort',
    'headersTimeoutMs',
    'receiveTimeoutMs',
    'connectionsCheckingIntervalMs',
    'keepAliveTimeoutMs',
    'maxConnections',
    'maxRequestsPerSocket',
    'maxHeadersCount',
    'drainTimeoutMs',
    'preStopDelayMs',
];
/** The option that a setting is: `host` is the ModelHost among the options. */
const optionOf = (setting) => (setting === 'host' ? 'hostname' : setting);
const objects = ['host', 'logger', 'shareMetrics', 'tokens', 'management'];
const appOptions = [...objects, ...appSettings];
const hooks = ['onDeviceFailure', 'onStuck', 'listen', 'listenGrpc'];
const serverOptions = [...objects, ...hooks, ...serverSettings.map(optionOf)];
/**
 * The limits of an app, with the defaults.
 * @throws ERR_INVALID_ARGUMENT for an unknown option and for a value that is not allowed
 */
export function resolveAppOptions(options) {
    checkShared('createApp', options, appOptions);
    return limitsOf(appSettings, options);
}
/**
 * The limits of a server, with the defaults.
 * @throws ERR_INVALID_ARGUMENT for an unknown option and for a value that is not allowed
 */
export function resolveServerOptions(options) {
    checkShared('createServer', options, serverOptions);
    for (const hook of hooks)
        checkFunction(hook, options[hook]);
    const limits = limitsOf(serverSettings, options);
    const { headersTimeoutMs, receiveTimeoutMs, adminPort, adminGrpcPort } = limits;
    if (adminGrpcPort !== undefined && adminPort === undefined)
        throw expected('a port', 'adminPort', adminPort);
    if (headersTimeoutMs > receiveTimeoutMs) {
        throw expected(`at most receiveTimeoutMs (${receiveTimeoutMs})`, 'headersTimeoutMs', headersTimeoutMs);
    }
    return limits;
}
/** The options of a server that are settings. */
export function serverOptionsOf(settings) {
    return Object.fromEntries(serverSettings.map((setting) => [optionOf(setting), settings[setting]]));
}
function checkShared(where, options, known) {
    checkOptions(where, options, known);
    const { host, logger, shareMetrics, tokens } = options;
    if (!hasMethod(host, 'model'))
        throw expected('a ModelHost', 'host', host);
    if (logger !== undefined && logger !== false && !hasMethod(logger, 'info')) {
        throw expected('a logger of pino or false', 'logger', logger);
    }
    checkFunction('shareMetrics', shareMetrics);
    if (tokens !== undefined && typeof tokens !== 'string')
        throw expected('a text', 'tokens', undefined);
}
function limitsOf(settings, options) {
    const given = {};
    for (const setting of settings) {
        const value = Reflect.get(options, optionOf(setting));
        if (value !== undefined)
            given[setting] = value;
    }
    const fault = settingsFault(given);
    if (fault?.kind === 'value') {
        const { key } = fault;
        throw expected(settingsTable[key].values, optionOf(key), given[key]);
    }
    const defaults = Object.fromEntries(settings.map((setting) => [setting, defaultOf(setting)]));
    return { ...defaults, ...given };
}
function hasMethod(value, name) {
    return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}
function checkFunction(name, value) {
    if (value !== undefined && typeof value !== 'function')
        throw expected('a function', name, value);
}
