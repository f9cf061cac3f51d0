// A loaded model keeps no process alive, and an awaited run does.
import { loadModel, row, slow, steps } from './common.mjs';

const model = await loadModel(slow);
model.call('forward', [row, steps(500)]).then(() => console.log('answered'));
