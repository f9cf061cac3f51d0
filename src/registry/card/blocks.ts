/** The content of a card, before any format: sections of facts, tables and prose. */

/** Undefined is what nobody stated. */
export type Cell = string | number | boolean | undefined;

export interface Fact {
  readonly name: string;
  readonly value: Cell;
  /** A name, a path or a digest, which is shown letter by letter. */
  readonly isCode?: boolean;
  /** The most characters of it that are shown. Default 500. */
  readonly most?: number;
}

export type Block =
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  /** Undefined where nobody stated it. */
  | { readonly kind: 'prose'; readonly text: string | undefined }
  | {
      readonly kind: 'table';
      readonly caption?: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly Cell[])[];
      /** Columns of names, paths and digests, which are shown letter by letter. */
      readonly codeColumns?: readonly number[];
      /** How many rows there are beside these. */
      readonly more?: number;
    };

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** What a reader sees for what nobody stated. */
export const notStated = 'not stated';
