/** Looks through declarations as the compiler sees them, without what is marked `@internal`: packages are made without it. */
import ts from 'typescript';

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  skipLibCheck: true,
  noEmit: true,
};

class Declarations {
  readonly #checker: ts.TypeChecker;
  readonly exported: ReadonlySet<ts.Symbol>;

  constructor(entries: readonly string[]) {
    const program = ts.createProgram(entries, options);
    this.#checker = program.getTypeChecker();
    const symbols = entries.flatMap((entry) => {
      const source = program.getSourceFile(entry);
      const module = source && this.#checker.getSymbolAtLocation(source);
      if (!module) throw new Error(`Expected declarations of a module, but received ${entry}`);
      return this.#checker.getExportsOfModule(module).map((symbol) => this.#meant(symbol));
    });
    this.exported = new Set(symbols);
  }

  /** The types of this package that a declaration names, those of type parameters and of values left out. */
  namedIn(declaration: ts.Node): ts.Symbol[] {
    const found: ts.Symbol[] = [];
    const visit = (node: ts.Node): void => {
      if (isHidden(node)) return;
      const name = nameIn(node);
      const symbol = name && this.#checker.getSymbolAtLocation(name);
      const meant = symbol && this.#meant(symbol);
      if (meant && !(meant.flags & ts.SymbolFlags.TypeParameter) && isOwn(meant)) found.push(meant);
      ts.forEachChild(node, visit);
    };
    visit(declaration);
    return found;
  }

  #meant(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }
}

/** The names of all that the modules export. */
export function exportsOf(entries: readonly string[]): string[] {
  return [...new Declarations(entries).exported].map(({ name }) => name);
}

/**
 * The names in signatures of the exports, and in what these lead to, that the modules do not export. An alias that its own file keeps to
 * itself counts as what it stands for.
 * @param known names that are left out, with what they lead to
 */
export function unnamedTypes(entries: readonly string[], known: readonly string[]): string[] {
  const declarations = new Declarations(entries);
  const seen = new Set(declarations.exported);
  for (const symbol of seen) {
    const isKnown = known.includes(symbol.name) && !declarations.exported.has(symbol);
    for (const declaration of isKnown ? [] : (symbol.declarations ?? [])) {
      // What is added to a set while it is gone through is gone through, too.
      for (const named of declarations.namedIn(declaration)) seen.add(named);
    }
  }
  const unnamed = [...seen].filter((symbol) => !declarations.exported.has(symbol) && !isPrivateAlias(symbol));
  return unnamed.map(({ name }) => name).filter((name) => !known.includes(name)).sort(); // prettier-ignore
}

/** The classes among the exports all of whose constructors are hidden, so that a program cannot make one with its arguments. */
export function classesWithout(entries: readonly string[]): string[] {
  const classes = [...new Declarations(entries).exported].filter((symbol) => symbol.flags & ts.SymbolFlags.Class);
  const isWithout = (symbol: ts.Symbol): boolean => {
    const made = (symbol.declarations ?? []).filter(ts.isClassDeclaration).flatMap(({ members }) => members);
    const constructors = made.filter(ts.isConstructorDeclaration);
    return constructors.length > 0 && constructors.every(isInternal);
  };
  return classes.filter(isWithout).map(({ name }) => name).sort(); // prettier-ignore
}

function nameIn(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName;
  if (ts.isExpressionWithTypeArguments(node)) return node.expression;
  return ts.isImportTypeNode(node) ? node.qualifier : undefined;
}

const isOwn = ({ declarations }: ts.Symbol): boolean =>
  declarations?.some((node) => node.getSourceFile().fileName.includes('/dist/')) === true &&
  !declarations.some((node) => node.getSourceFile().fileName.includes('/node_modules/'));

const isHidden = (node: ts.Node): boolean =>
  isInternal(node) || modifiersOf(node).includes(ts.SyntaxKind.PrivateKeyword);

/** As `stripInternal` finds it: in any comment before the declaration. */
function isInternal(node: ts.Node): boolean {
  const { text } = node.getSourceFile();
  const comments = ts.getLeadingCommentRanges(text, node.pos) ?? [];
  return comments.some(({ pos, end }) => text.slice(pos, end).includes('@internal'));
}

function isPrivateAlias({ declarations }: ts.Symbol): boolean {
  const [first] = declarations ?? [];
  return (
    first !== undefined && ts.isTypeAliasDeclaration(first) && !modifiersOf(first).includes(ts.SyntaxKind.ExportKeyword)
  );
}

function modifiersOf(node: ts.Node): ts.SyntaxKind[] {
  return ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []).map(({ kind }) => kind) : [];
}
