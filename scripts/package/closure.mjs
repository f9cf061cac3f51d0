// Which files and packages a module leads to, by what it imports, at once or later.

import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

/** `@scope/name/deep` is of the package `@scope/name`. */
const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
const isBuiltin = (specifier) => specifier.startsWith('node:') || builtinModules.includes(specifier.split('/', 1)[0]);

/**
 * Follows imports, dynamic ones, `require`, and files that are named as `new URL('./x.js', import.meta.url)` or
 * `ownFile('./x.js', …)`, which is how threads and processes are started.
 * @param entries paths of JavaScript files or declarations
 * @returns the files, and for each package the files that import it
 */
export function closureOf(entries) {
  const files = new Set();
  const packages = new Map();
  const missing = [];
  const waiting = entries.map((entry) => resolve(entry));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const specifier of specifiersOf(file)) {
      if (isBuiltin(specifier)) continue;
      if (!specifier.startsWith('.')) {
        const name = packageOf(specifier);
        packages.set(name, [...(packages.get(name) ?? []), file]);
        continue;
      }
      const target = fileOf(resolve(dirname(file), specifier), /\.d\.[cm]?ts$/.test(file));
      if (target === undefined) missing.push(`${file}: ${specifier}`);
      else waiting.push(target);
    }
  }
  return { files, packages, missing };
}

/** Of a declaration the declaration beside it. */
function fileOf(path, isTypes) {
  const types = path.replace(/\.([cm]?)js$/, '.d.$1ts');
  return [isTypes ? types : path, path].find((candidate) => existsSync(candidate));
}

function specifiersOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found = [];
  const visit = (node) => {
    const specifier = specifierOf(node);
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** How this package names the file of a thread or a process. */
const namesFile = (callee) => ts.isIdentifier(callee) && ['URL', 'ownFile'].includes(callee.text);

function specifierOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) return node.argument.literal;
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return undefined;
  const [first] = node.arguments ?? [];
  const { expression: callee } = node;
  if (callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require'))
    return first;
  if (!namesFile(callee)) return undefined;
  // Of a module: folders and files of data are found in another way.
  return first && ts.isStringLiteralLike(first) && /^\.{1,2}\/.*\.[cm]?js$/.test(first.text) ? first : undefined;
}
