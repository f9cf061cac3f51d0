#!/usr/bin/env node
// Fetches ONNX models of other people, which lie in wheels on the package index, and prints their paths as JSON: `{ name: path }`.
// With names as arguments it fetches those alone.

import { pathToFileURL } from 'node:url';
import { fetchFromWheel } from './fetch-wheel-file.mjs';

const basicPitch = {
  package: 'basic-pitch',
  version: '0.4.0',
  file: 'basic_pitch-0.4.0-py2.py3-none-any.whl',
  sha256: '738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0',
};
const rapidOcr = {
  package: 'rapidocr-onnxruntime',
  version: '1.4.4',
  file: 'rapidocr_onnxruntime-1.4.4-py3-none-any.whl',
  sha256: '971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf',
};

/** By name: the wheel, the file in it, and its sha256. */
export const onnxModels = {
  /** Notes in music, of Spotify. */
  'basic-pitch': [
    basicPitch,
    'basic_pitch/saved_models/icassp_2022/nmp.onnx',
    '2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec',
  ],
  /** Where text stands in a picture, of PaddleOCR. */
  'ocr-detection': [
    rapidOcr,
    'rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx',
    'd2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9',
  ],
  /** Whether a line of text is upside down, of PaddleOCR. */
  'ocr-direction': [
    rapidOcr,
    'rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    'e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c',
  ],
};

/** Paths of verified models by their names. */
export async function fetchOnnxModels(names = Object.keys(onnxModels)) {
  const paths = {};
  for (const name of names) {
    const [wheel, path, sha256] = onnxModels[name] ?? [];
    if (!wheel) throw new Error(`expected one of ${Object.keys(onnxModels).join(', ')} but received ${name}`);
    paths[name] = await fetchFromWheel(wheel, { path, sha256 }, `${name}.onnx`);
  }
  return paths;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = process.argv.slice(2);
  console.log(JSON.stringify(await fetchOnnxModels(names.length > 0 ? names : undefined)));
}
