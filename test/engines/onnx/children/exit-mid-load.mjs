import { linear, loadModel } from './common.mjs';

loadModel(linear);
setTimeout(() => process.exit(3), Number(process.env.AFTER_MS));
