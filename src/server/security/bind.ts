import { torchError } from '../../errors.js';
import { isLoopback } from './loopback.js';

/** What keeps strangers out of a listener. */
export interface Protection {
  /** Tokens are asked for. */
  readonly hasTokens: boolean;
  /** Clients must show a certificate. */
  readonly hasClientCertificates: boolean;
  /** Somebody else keeps strangers out, as the setting insecure says. */
  readonly isInsecure: boolean;
}

/**
 * Refuses an address that others can reach while everybody would be let in.
 * @param what the listener, for the message: HTTP, gRPC, admin
 * @throws ERR_CONFIG with the ways out
 */
export function requireProtected(what: string, hostname: string, protection: Protection): void {
  const { hasTokens, hasClientCertificates, isInsecure } = protection;
  if (isInsecure || hasTokens || isLoopback(hostname)) return;
  // A certificate lets in to predict; who manages models shows a token.
  if (hasClientCertificates && what !== 'admin') return;
  throw torchError(
    'ERR_CONFIG',
    `Expected tokens before the ${what} port listens on ${hostname}, which other machines reach; ` +
      'set tokensFile or NODE_LIBTORCH_TOKENS (`node-libtorch token` makes one), ' +
      'or say --insecure where a network of your own or a proxy keeps strangers out',
  );
}

/**
 * Refuses a console that changes models for everybody: a page of any other site could have a browser do it.
 * @throws ERR_CONFIG
 */
export function requireConsoleTokens(console: 'off' | 'read' | 'full', hasTokens: boolean): void {
  if (console !== 'full' || hasTokens) return;
  throw torchError(
    'ERR_CONFIG',
    'Expected tokens with console full, because it changes models over the port of inference; set tokensFile or ' +
      'NODE_LIBTORCH_TOKENS (`node-libtorch token` makes one), or leave console at read and use the admin port',
  );
}

/** @throws ERR_CONFIG for a certificate without its key and what else says only a part of TLS. It reads no file */
export function requireTlsPair({
  tlsCert,
  tlsKey,
  tlsCa,
}: Readonly<Record<'tlsCert' | 'tlsKey' | 'tlsCa', unknown>>): void {
  if (tlsCert !== undefined && tlsKey !== undefined) return;
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return;
  throw torchError('ERR_CONFIG', 'Expected tlsCert and tlsKey together; tlsCa needs both');
}
