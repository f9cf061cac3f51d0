/** The end of the process of an admission that nobody waits for any more. */
import { rmSync } from 'node:fs';

/** Ends this process and its group, in which its children are. Nothing of the model's may have its say at the end. */
export function endOrphan(scratch: string): void {
  rmSync(scratch, { recursive: true, force: true });
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    // It leads no group: on Windows there is none.
  }
  process.kill(process.pid, 'SIGKILL');
}
