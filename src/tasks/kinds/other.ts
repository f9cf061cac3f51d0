import { encodeImages } from './images.js';
import type { AnyTask, TaskKind } from './kind.js';

/** What no other kind says: the outputs mean what the record's text explains, and there is no answer but them. */
export interface OtherTask extends AnyTask {
  readonly type: 'other';
}

export const other: TaskKind<OtherTask, never> = {
  type: 'other',
  members: {},
  defaults: {},
  faults: () => [],
  encode: encodeImages,
};
