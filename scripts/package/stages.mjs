// One line a stage, with the time that has passed: whoever waits sees what for.

import { say } from '../steps/context.mjs';

export class Stages {
  #started = performance.now();

  /** A stage begins. */
  begin(title) {
    say(`[${this.elapsed()}] ${title}`);
  }

  /** `1:05` */
  elapsed() {
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  }
}
