import { running } from './common.mjs';

await running();
process.exit(3);
