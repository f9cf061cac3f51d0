import { multiLabel as labelsFrom } from '../scores/multi-label.js';
import { sigmoid } from '../scores/sigmoid.js';
import { encodeImages } from './images.js';
import { labelFaults, labelsSchema, oneOf } from './labels.js';
export const multiLabel = {
    type: 'multi-label',
    members: {
        activation: oneOf('sigmoid', 'none'),
        labels: labelsSchema,
        threshold: { type: 'number', minimum: 0, maximum: 1 },
    },
    defaults: { activation: 'sigmoid', threshold: 0.5 },
    faults: labelFaults,
    labels: ({ labels }) => labels,
    encode: encodeImages,
    decode({ activation, labels, threshold }, output) {
        const scores = activation === 'sigmoid' ? sigmoid(output) : output;
        return { type: 'multi-label', rows: labelsFrom(scores, { threshold, labels }) };
    },
    toJson({ rows }) {
        return {
            predictions: rows.map((row) => row.map(({ index }) => index)),
            confidence_scores: rows.map((row) => row.map(({ score }) => score)),
            labels: rows.map((row) => row.map(({ label }) => label)),
        };
    },
};
