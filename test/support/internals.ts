export { Tensor, type Model, type Value } from 'node-libtorch';
export { torchError } from '#dist/errors.js';
