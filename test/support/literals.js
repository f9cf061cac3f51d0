import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { root } from './paths.js';
/** Every string literal of a TypeScript text. */
export function literalsOf(source, file) {
    const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
    const literals = [];
    const visit = (node) => {
        if (ts.isStringLiteralLike(node) && !isModulePath(node)) {
            literals.push({ text: node.text, file, line: tree.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
        }
        ts.forEachChild(node, visit);
    };
    visit(tree);
    return literals;
}
/** Every string literal below src/. */
export function sourceLiterals() {
    const src = join(root, 'src');
    return readdirSync(src, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .flatMap((name) => {
        const path = join(src, name);
        return literalsOf(readFileSync(path, 'utf8'), relative(root, path).split(sep).join('/'));
    });
}
function isModulePath({ parent }) {
    return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isExternalModuleReference(parent);
}
