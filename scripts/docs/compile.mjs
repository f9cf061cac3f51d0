// Compiles blocks as a project's own strict TypeScript, against the declarations of the package.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const options = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
  types: ['node'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  jsx: ts.JsxEmit.Preserve,
  strict: true,
  experimentalDecorators: true,
  skipLibCheck: true,
  noEmit: true,
  preserveSymlinks: true,
};

/** Declarations that pages import, made as the pages say: name of the file, and the model. */
const declared = { 'mnist-mlp': 'mnist-mlp', digits: 'mnist-mlp', vad: 'silero_vad.onnx' };

/**
 * @returns the faults of the programs, a line each. JavaScript cannot say the type of a parameter or a caught error, so it need not.
 * @param {string} project a folder that has the package
 * @param {string} language of all programs, `ts` or `js`
 */
export function compile(programs, project, root, language) {
  const imported = ([name]) => programs.some(({ source }) => source.includes(`./${name}.`));
  for (const [name, model] of Object.entries(declared).filter(imported))
    execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), 'types', model, '--output', `${name}.ts`], {
      cwd: project,
      stdio: ['ignore', 'ignore', 2],
    });
  const files = programs.map(({ source }, i) => {
    const file = join(project, `block-${i}.mts`);
    writeFileSync(file, `${source}\nexport {};\n`);
    return file;
  });
  const typed = language === 'ts';
  const compiled = ts.createProgram(files, { ...options, noImplicitAny: typed, useUnknownInCatchVariables: typed });
  return ts.getPreEmitDiagnostics(compiled).flatMap(({ code, file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    if (isOfOthers(code, text)) return [];
    const program = programs[files.indexOf(file?.fileName)];
    const within = file?.getLineAndCharacterOfPosition(start).line ?? 0;
    return [`${program ? `${program.page}:${program.line + 1 + within}` : (file?.fileName ?? 'TypeScript')}: ${text}`];
  });
}

/** Frameworks of readers that are not installed here: what comes from them is of any type. */
function isOfOthers(code, text) {
  return code === 2307 && !/module '(\.|node-libtorch)/.test(text);
}
