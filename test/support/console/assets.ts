import { root } from '../paths.js';

/** A module of the console that needs no browser. */
export const consoleAsset = async <T>(name: string): Promise<T> =>
  (await import(`${root}src/server/console/assets/${name}`)) as T;
