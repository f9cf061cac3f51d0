/** Who is let in: docs/security.md. */
import { integer, optionalFile, optionalInteger, texts, toggle } from '../setting.js';

export const securityRows = {
  tokensFile: optionalFile({
    initialText: 'none',
    description:
      'File of bearer tokens that callers must show; read again when it changes. NODE_LIBTORCH_TOKENS holds tokens themselves.',
  }),
  insecure: toggle({
    description: 'Listens on an address that other machines reach without asking for tokens.',
  }),
  tlsCert: optionalFile({
    initialText: 'none, connections are not encrypted',
    description: "The server's certificate (PEM); read again when it changes.",
  }),
  tlsKey: optionalFile({ initialText: 'none', description: "The certificate's private key (PEM)." }),
  tlsCa: optionalFile({
    initialText: 'none',
    description: 'Authorities (PEM): every client must show a certificate of theirs.',
  }),
  allowedHosts: texts({
    pattern: /^(\*|[A-Za-z0-9._:[\]-]{1,255})$/,
    values: 'names without a port, or *',
    description: 'Names that the header Host may have on a loopback address, beside localhost; * for any.',
  }),
  rateLimit: integer({
    min: 0,
    max: 1_000_000,
    initial: 0,
    description: 'Requests a second of each client (its token, else its address); more are answered 429. 0: no limit.',
  }),
  rateBurst: optionalInteger({
    min: 1,
    max: 1_000_000,
    initialText: 'rateLimit',
    description: 'Requests of a client that may come at once.',
  }),
};
