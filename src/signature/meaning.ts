/** What the first output of a model says, for whoever counts its answers and knows no task by name. */
export type OutputMeaning =
  | {
      /** The highest score of a row is its answer. */
      readonly answer: 'class';
      readonly scores: 'logits' | 'probabilities';
      /** Of the classes, in their order. */
      readonly labels: readonly string[];
    }
  | {
      /** Each score of a row says yes or no, from `threshold` on as a probability. */
      readonly answer: 'labels';
      readonly scores: 'logits' | 'probabilities';
      readonly labels: readonly string[];
      readonly threshold: number;
    }
  /** Numbers that nobody has said more of, such as an embedding. */
  | { readonly answer: 'values' };
