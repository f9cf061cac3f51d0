// What a unit's file answers through loadModel, beside what PyTorch recorded.

import { join } from 'node:path';
import { loadModel } from 'node-libtorch';
import { decode, difference, flat, sameBits, similarityError, similarityTolerance, tolerances } from './compare.mjs';

/** One row for every case of a unit: { format, name, kind, error?, why? }. */
export async function outcomes(unit, folder) {
  const rows = unit.cases.map((one) => ({ ...one, format: unit.format, model: unit.model }));
  if (unit.skip) return rows.map((row) => ({ ...row, kind: 'notRun', why: unit.skip }));
  if (unit.format === 'export') return [...(await exactly(unit, rows, folder)), ...(await closely(unit, rows, folder))];
  return closely(unit, rows, folder);
}

/** With the options that everybody has, within the tolerance. */
async function closely(unit, rows, folder) {
  let model;
  try {
    model = await loadModel(join(folder, unit.file), { device: 'cpu' });
    const errors = rows.map(() => ({ error: 0 }));
    for (const [call, args] of unit.args.entries()) {
      const answer = await model.call('forward', args.map(decode));
      for (const [i, expected] of unit.expected[call].entries()) {
        const wanted = expected.map(decode);
        const found = difference(unit.format === 'aotinductor' && !unit.model ? flat(answer[i]) : flat(answer), wanted);
        if (unit.similarities && found.error < Infinity) {
          rows[i].similarity = Math.max(rows[i].similarity ?? 0, similarityError(flat(answer)[0], wanted[0]));
        }
        if (found.error > errors[i].error) errors[i] = { ...found, python: pythonError(unit, call, wanted) };
      }
    }
    return rows.map((row, i) => ({
      ...row,
      ...errors[i],
      kind: row.similarity > similarityTolerance ? 'differ' : kind(row, errors[i].error),
    }));
  } catch (error) {
    return rows.map((row) => ({ ...row, kind: 'differ', error: Infinity, why: `${error.code}: ${error.message}` }));
  } finally {
    await model?.dispose();
  }
}

/** An exported program as it is written, held to the bits of `ExportedProgram.module()` in Python. */
async function exactly(unit, rows, folder) {
  const [row] = rows.map((each) => ({ ...each, format: 'export-none' }));
  let model;
  try {
    model = await loadModel(join(folder, unit.file), { device: 'cpu', engine: 'export', optimize: 'none' });
    let same = true;
    let worst = { error: 0 };
    for (const [call, args] of unit.args.entries()) {
      const answer = flat(await model.call('forward', args.map(decode)));
      const wanted = unit.program[call][0].map(decode);
      const found = difference(answer, wanted);
      if (found.error > worst.error) worst = found;
      same &&= found.error < Infinity && sameBits(answer, wanted);
    }
    if (same) return [{ ...row, error: 0, kind: 'exact' }];
    const verdict = kind(row, worst.error);
    // An error of 0 without the same bits: a zero's sign, or the bits of a NaN.
    return [{ ...row, ...worst, kind: verdict === 'exact' ? 'close' : verdict }];
  } catch (error) {
    return [{ ...row, kind: 'differ', error: Infinity, why: `${error.code}: ${error.message}` }];
  } finally {
    await model?.dispose();
  }
}

/** How far Python's onnxruntime is from PyTorch with the same file. */
function pythonError(unit, call, wanted) {
  return unit.python && difference(unit.python[call].map(decode), wanted).error;
}

function kind({ dtype, tolerance }, error) {
  if (error === 0) return 'exact';
  return error <= (tolerance ?? tolerances[dtype] ?? tolerances.float32) ? 'close' : 'differ';
}
