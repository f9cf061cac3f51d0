/** The page at `/`: docs/console.md. */
import { choice } from '../setting.js';

/** What the page may do where clients of inference see it. */
const consoleModes = ['off', 'read', 'full'] as const;

export const consoleRows = {
  console: choice({
    options: consoleModes,
    initial: 'read',
    description:
      'The page at / for browsers. read: it shows and tries models; full: whoever has an admin token changes models over the port of inference too; off: there is none.',
  }),
};
