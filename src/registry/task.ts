import type { ErrorObject } from 'ajv/dist/2020.js';
import { describe, torchError, type ErrorDetail } from '../errors.js';
import type { Signature } from '../signature/spec.js';
import { completeTask, type TaskGiven } from '../tasks/kinds/given.js';
import { taskFaults, type Task } from '../tasks/kinds/index.js';
import { schemaFault } from './schema-faults.js';
import { isTask } from './task-validator.mjs';

/**
 * A task that a caller gives for a model without a record, held to the schema that records have, and to as much as the
 * signature says.
 * @param signature what `forward` takes and returns; a TorchScript file says little of it
 * @throws ERR_INVALID_ARGUMENT naming each fault
 */
export function taskOf(given: TaskGiven, signature: Signature | undefined): Task {
  if (typeof given !== 'object' || given === null) {
    throw torchError('ERR_INVALID_ARGUMENT', `Expected a task as a record has it but received ${describe(given)}`);
  }
  const task = completeTask(given, signature);
  const faults = isTask(task)
    ? borneOut(task, signature)
    : (isTask.errors ?? []).filter(({ keyword }) => keyword !== 'oneOf').map(fault);
  if (faults.length === 0) return task;
  const list = faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
  throw torchError('ERR_INVALID_ARGUMENT', `Invalid task: ${list}`, { errors: faults });
}

/** What the signature contradicts. Of what it does not say nothing is at fault. */
function borneOut(task: Task, signature: Signature | undefined): ErrorDetail[] {
  const [input] = signature?.inputs ?? [];
  const [output] = signature?.outputs ?? [];
  return [...taskFaults(task, signature ?? { inputs: [], outputs: [] })].filter(({ pointer }) => {
    if (pointer.startsWith('/task/image')) return pointer !== '/task/image' || (input?.dtype && input.shape);
    if (pointer === '/task/labels') return typeof output?.shape?.at(-1) === 'number';
    return pointer === '/task/attentionMask' ? signature?.inputs.every(({ shape }) => shape) : output?.shape;
  });
}

function fault(error: ErrorObject): ErrorDetail {
  const { kind, pointer, memberPointer, message, allowed } = schemaFault(error);
  if (kind === 'unknown') return { pointer: `/task${memberPointer}`, detail: 'is not a member of this task' };
  return { pointer: `/task${pointer}`, detail: `${message}${allowed ? `: ${allowed.join(', ')}` : ''}` };
}
