import { running } from './common.mjs';

await running();
setTimeout(() => {
  throw new Error('on purpose');
});
