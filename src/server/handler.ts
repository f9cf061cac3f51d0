import type { Exchange } from './http/exchange.js';

/** A route's work: it answers through the exchange. */
export type Handler = (exchange: Exchange) => void | Promise<void>;
