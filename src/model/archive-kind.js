/** What a zip archive is, by the names in it, and what a file is that is none of an engine's. For messages. */
import { torchError } from '../errors.js';
import { fileKind, fileKindBytes } from './file-kind.js';
import { ZipArchive } from './zip-archive.js';
export const torchScriptArchive = {
    what: 'a TorchScript file',
    advice: 'give it the extension .pt, or set the engine to torchscript',
};
export const compiledArchive = {
    what: 'an AOTInductor package',
    advice: 'give it the extension .pt2, or set the engine to aotinductor',
};
const pickled = {
    what: 'a pickle made by torch.save (a state_dict or a whole nn.Module), which holds no code to run',
};
/** THE TABLE of archives, the sure ones first. */
const kinds = [
    [/\.so$|aotinductor\//, compiledArchive],
    [
        /(^|\/)(models\/[^/]+\.json|serialized_exported_program\.json)$/,
        {
            what: 'an exported program that is not compiled (torch.export.save)',
            advice: 'compile it with the exporter of this package (docs/aotinductor.md)',
        },
    ],
    [
        /^MAR-INF\//,
        { what: 'a TorchServe archive (.mar)', advice: 'unpack it with unzip; the TorchScript file is inside' },
    ],
    [/(^|\/)model\.weights\.h5$|^keras_metadata/, { what: 'a Keras model', advice: 'export the model to ONNX' }],
    [/\.npy$/, { what: 'a NumPy archive (.npz)', advice: 'give it to --input; the model is another file' }],
    [/^word\/|^xl\/|^ppt\//, { what: 'an office document', advice: 'give the model file' }],
    [/^META-INF\/MANIFEST\.MF$/, { what: 'a Java archive', advice: 'give the model file' }],
    [/\.mlmodelc?$|\.mlpackage\//, { what: 'a Core ML model', advice: 'export the model again' }],
    [/\.(pt2?|pts|pth|torchscript|ptl|onnx)$/, { what: 'a zip archive with a model file in it', advice: 'unpack it' }],
];
/** Undefined for one that is not known. */
export function archiveKind(names) {
    const root = names[0]?.split('/')[0] ?? '';
    const has = (suffix) => names.includes(`${root}/${suffix}`);
    if (has('constants.pkl') && has('data.pkl'))
        return torchScriptArchive;
    if (has('data.pkl'))
        return pickled;
    return kinds.find(([name]) => names.some((entry) => name.test(entry)))?.[1];
}
/** As `fileKind` and `archiveKind`, whichever it is; undefined for bytes that are not known. */
export async function kindOf(bytes) {
    const kind = fileKind(bytes.subarray(0, fileKindBytes), bytes.length);
    if (!bytes.subarray(0, 2).equals(Buffer.from('PK')))
        return kind;
    try {
        const { entries } = await ZipArchive.open(bytes, (reason) => torchError('ERR_MODEL_FORMAT', reason));
        const archive = archiveKind(entries.map(({ name }) => name)) ?? { what: 'a zip archive without a model' };
        return archive.what.includes('zip') ? archive : { ...archive, what: `${archive.what} (a zip archive)` };
    }
    catch {
        return kind;
    }
}
