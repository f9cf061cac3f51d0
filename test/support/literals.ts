import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { root } from './paths.js';

/** A string literal of the source: in an expression, a type or a property's name. Comments and module paths are left out. */
export interface Literal {
  readonly text: string;
  /** From the repository on, with slashes. */
  readonly file: string;
  readonly line: number;
}

/** Every string literal of a TypeScript text. */
export function literalsOf(source: string, file: string): Literal[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const literals: Literal[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && !isModulePath(node)) {
      literals.push({ text: node.text, file, line: tree.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return literals;
}

/** Every string literal below src/. */
export function sourceLiterals(): Literal[] {
  const src = join(root, 'src');
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const path = join(src, name);
      return literalsOf(readFileSync(path, 'utf8'), relative(root, path).split(sep).join('/'));
    });
}

function isModulePath({ parent }: ts.Node): boolean {
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isExternalModuleReference(parent);
}
