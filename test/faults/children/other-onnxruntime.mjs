// other-onnxruntime.mjs FOLDER MODEL: what loadModel says where a library of ONNX Runtime's name, of another version, is loaded.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { loadModel } from 'node-libtorch';

const [folder, model] = process.argv.slice(2);
writeFileSync(
  join(folder, 'other.c'),
  'void *OrtGetApiBase(void) { return 0; }\nvoid *napi_register_module_v1(void *env, void *exports) { return exports; }\n',
);
writeFileSync(join(folder, 'other.map'), 'VERS_1.0.0 { global: OrtGetApiBase; };\nOTHER { global: *; };\n');
const library = join(folder, 'other.node');
const flags = [
  '-shared',
  '-fPIC',
  '-Wl,-soname,libonnxruntime.so.1',
  `-Wl,--version-script=${join(folder, 'other.map')}`,
];
try {
  execFileSync('cc', [...flags, '-o', library, join(folder, 'other.c')]);
} catch {
  process.exit(77);
}
createRequire(import.meta.url)(library);
const error = await loadModel(model).catch((reason) => reason);
console.log(JSON.stringify({ code: error.code, message: error.message }));
