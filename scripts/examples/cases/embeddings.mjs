import { equal, ok } from 'node:assert/strict';
import { fetchModels } from '../../fetch-models.mjs';

export const embeddings = {
  name: 'embeddings',
  main: 'embeddings/server.mjs',
  light: true,
  async files() {
    return Object.fromEntries(
      Object.entries(await fetchModels('minilm')).map(([name, path]) => [`minilm/${name}`, path]),
    );
  },
  async check({ answers, url }) {
    const [best, second] = JSON.parse(answers[0]);
    ok(best.label.startsWith('Refunds'), best.label);
    ok(best.score > 0.3 && best.score > second.score + 0.1, `${best.score} ${second.score}`);
    // A text of the collection is as near as can be to itself, whatever it was padded to.
    for (const text of [
      'The warranty covers faults of material for two years.',
      'We deliver on weekdays between nine and six.',
    ]) {
      const [same] = await (await fetch(`${url}/search?q=${encodeURIComponent(text)}`)).json();
      equal(same.label, text);
      ok(same.score > 0.98, `${same.score}`);
    }
    const long = await fetch(`${url}/search?q=${encodeURIComponent('word '.repeat(1000))}`);
    equal(long.status, 200);
  },
};
