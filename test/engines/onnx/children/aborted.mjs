// Nobody waits for the run any more: the process ends by itself, once the run has.
import { loadModel, row, slow, steps } from './common.mjs';

const model = await loadModel(slow);
await model.call('forward', [row, steps(500)], { timeoutMs: 20 }).catch((error) => console.log(error.code));
