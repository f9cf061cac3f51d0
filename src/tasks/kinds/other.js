import { encodeImages } from './images.js';
export const other = {
    type: 'other',
    members: {},
    defaults: {},
    faults: () => [],
    encode: encodeImages,
};
