export { Tensor } from 'node-libtorch';
export { torchError } from '#dist/errors.js';
