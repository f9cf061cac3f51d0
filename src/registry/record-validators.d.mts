/** ajv's code for the schemas of records, made by scripts/steps/validators.mjs. */
import type { Validator } from './schema-faults.js';

export declare const isRecord1: Validator;
export declare const isRecord2: Validator;
