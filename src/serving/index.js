/** Models held ready for callers. */
export { ModelHost } from './host.js';
export { ServedModel, } from './served-model.js';
