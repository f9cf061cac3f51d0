/** ajv's code for the schemas of all settings, made by scripts/steps/validators.mjs. */
import type { Validator } from '../../registry/schema-faults.js';

export declare const areSettings: Validator;
