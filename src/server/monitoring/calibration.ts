import { warnOf } from '../../errors.js';
import type { Reference } from '../../monitoring/drift/reference.js';
import { PerformanceProfile, type Calibration } from '../../monitoring/performance/index.js';

/** What confidences are worth, where the record says it of a classifier. One that cannot be used is as none. */
export function calibrationOf({ calibration, prediction }: Reference): Calibration | undefined {
  if (!calibration || !prediction) return undefined;
  try {
    const given = calibration as unknown as Calibration;
    new PerformanceProfile(given).add(0, 1);
    return given;
  } catch (error) {
    warnOf(error);
    return undefined;
  }
}
