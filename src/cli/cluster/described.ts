import type { Worker } from 'node:cluster';
import type { ManagedModel } from '../../server/management/management.js';
import { merged } from './descriptions.js';
import { send, type Description } from './messages.js';

/** A worker that says nothing for so long is left out of a list. */
const patienceMs = 1000;
const nothing: Description = { models: [], failed: [] };

interface Question {
  readonly round: number;
  readonly awaited: Set<Worker>;
  readonly resolve: () => void;
}

/** What each worker said last of its models. */
export class Described {
  readonly #last = new Map<Worker, Description>();
  /** Questions of what workers have that are not answered yet. */
  readonly #questions = new Set<Question>();
  #round = 0;

  /** All that have said anything, and have not ended. */
  workers(): Iterable<Worker> {
    return this.#last.keys();
  }

  of(worker: Worker): Description {
    return this.#last.get(worker) ?? nothing;
  }

  /** What those workers said last, as of one server. */
  merged(workers: readonly Worker[]): readonly ManagedModel[] {
    return merged(workers.map((worker) => this.of(worker).models));
  }

  /** @param round the question that it answers, and all before that; 0 where it says it by itself */
  said(worker: Worker, description: Description, round = 0): void {
    this.#last.set(worker, description);
    this.#answered(worker, round);
  }

  ended(worker: Worker): void {
    this.#last.delete(worker);
    this.#answered(worker, this.#round);
  }

  /** Asks those workers what they have; who does not answer stands with what it said last. */
  async ask(workers: readonly Worker[]): Promise<void> {
    if (workers.length === 0) return;
    const round = ++this.#round;
    await new Promise<void>((resolve) => {
      const question = { round, awaited: new Set(workers), resolve };
      this.#questions.add(question);
      setTimeout(() => this.#end(question), patienceMs).unref();
      for (const worker of workers) send(worker, { kind: 'describe', round });
    });
  }

  #answered(worker: Worker, round: number): void {
    for (const question of this.#questions) {
      if (question.round > round) continue;
      question.awaited.delete(worker);
      if (question.awaited.size === 0) this.#end(question);
    }
  }

  #end(question: Question): void {
    this.#questions.delete(question);
    question.resolve();
  }
}
