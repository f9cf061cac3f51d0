import { requireConsoleTokens, requireProtected, requireTlsPair } from '../server/security/bind.js';
import type { Settings } from '../server/settings/table.js';
import { UsageError } from './usage.js';

/** Tokens of the environment, as the text of a tokens file. Never a flag: every user of the machine reads those. */
export function tokensOfEnvironment(): { readonly tokens?: string } {
  const tokens = process.env['NODE_LIBTORCH_TOKENS'];
  return tokens === undefined || tokens.trim() === '' ? {} : { tokens };
}

/** Before anything is opened or loaded. @throws UsageError when strangers would be let in, or only a part of TLS is there */
export function requireProtectedPorts(settings: Settings): void {
  const { host, adminPort, adminHost, tokensFile, tlsCert, tlsKey, tlsCa, insecure } = settings;
  const protection = {
    hasTokens: tokensFile !== undefined || tokensOfEnvironment().tokens !== undefined,
    hasClientCertificates: tlsCa !== undefined,
    isInsecure: insecure,
  };
  try {
    requireTlsPair({ tlsCert, tlsKey, tlsCa });
    requireProtected('HTTP', host, protection);
    if (adminPort !== undefined) requireProtected('admin', adminHost, protection);
    requireConsoleTokens(settings.console, protection.hasTokens);
  } catch (cause) {
    throw new UsageError(cause);
  }
}
