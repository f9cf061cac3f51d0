/** ajv's code for the schemas of prediction requests, made by scripts/steps/validators.mjs. */
import type { Validator } from '../../registry/schema-faults.js';
import type { PredictImages, PredictInputs, PredictRequest } from '../schemas/predict.js';

export declare const isPredictRequest: Validator<PredictRequest>;
export declare const isPredictInputs: Validator<PredictInputs>;
export declare const isPredictImages: Validator<PredictImages>;
/** Whether a text can name a model, or a version. */
export declare const isModelName: Validator<string>;
export declare const isVersionName: Validator<string>;
