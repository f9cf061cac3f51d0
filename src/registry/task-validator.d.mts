/** ajv's code for the schema of tasks, made by scripts/steps/validators.mjs. */
import type { Task } from '../tasks/kinds/index.js';
import type { Validator } from './schema-faults.js';

export declare const isTask: Validator<Task>;
