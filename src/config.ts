/** Settings of the server and the CLI: one table, and how it is filled. */
export { settingKeys, settingsTable, type SettingKey, type Settings } from './config/table.js';
export type { Setting } from './config/setting.js';
export { loadSettings, type SettingsSources } from './config/load.js';
