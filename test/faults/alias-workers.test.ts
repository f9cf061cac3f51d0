/** `serve name@alias` with several workers: all move together, and one that comes later has what the others have. */
import { serveByAlias } from '../support/server/serve-by-alias.js';

serveByAlias(2);
