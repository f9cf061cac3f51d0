import { settingsTable } from './settings/table.js';

/** The limits' documented defaults: an option that is left out means what the settings table says. */
export function initial(key: NumberKey): number {
  return settingsTable[key].initial as number;
}

type Table = typeof settingsTable;
type NumberKey = { [K in keyof Table]: number extends Table[K]['initial'] ? K : never }[keyof Table];
