#!/usr/bin/env node
// Finds files of src/ that import each other in a circle, over types too. Prints each circle and exits 1.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../../src', import.meta.url));

/** Every source file with those that it imports when it is loaded. A late import() cannot close a circle. */
const imports = new Map(
  readdirSync(source, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(source, name))
    .map((file) => [file, importsOf(file)]),
);

function importsOf(file) {
  const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return tree.statements
    .flatMap(({ moduleSpecifier }) => (moduleSpecifier?.text?.startsWith('.') ? [moduleSpecifier.text] : []))
    .map((path) => join(dirname(file), path.replace(/\.js$/, '.ts')));
}

const done = new Set();
const circles = [];

function visit(file, path) {
  const at = path.indexOf(file);
  if (at !== -1) circles.push([...path.slice(at), file]);
  if (at !== -1 || done.has(file)) return;
  for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
  done.add(file);
}

for (const file of imports.keys()) visit(file, []);
for (const circle of circles) console.error(circle.map((file) => relative(source, file)).join(' -> '));
process.exitCode = circles.length > 0 ? 1 : 0;
