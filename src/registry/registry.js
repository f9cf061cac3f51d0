import * as check from '../check.js';
import { describe, torchError } from '../errors.js';
import { bundledModelsDir, bundledRegistryDir, codeOf, existingFolder, folders } from './folders.js';
import { containedPath } from '../files/contained-path.js';
import { digestFile } from '../files/hash.js';
import { readSmallFile } from '../files/regular-file.js';
import { checkName, checkVersion, compareVersions, defaultVersion, isFileName, isModelName, isVersion, } from './names.js';
const maxRecordBytes = 4 * 2 ** 20;
/** Who has it may make a registry: JavaScript knows no private constructor. */
const inOpen = Symbol('ModelRegistry.open');
/**
 * The models that are known here, and what is known of them. It only reads, and reads anew at every call, so that it
 * shows what is on the disk.
 */
export class ModelRegistry {
    registryDir;
    modelsDir;
    constructor(registryDir, modelsDir, opened) {
        if (opened !== inOpen) {
            throw torchError('ERR_INVALID_ARGUMENT', 'Expected await ModelRegistry.open({ registryDir, modelsDir }), which looks at the folders, but received new ModelRegistry()');
        }
        this.registryDir = registryDir;
        this.modelsDir = modelsDir;
    }
    /** @throws ERR_CONFIG when a folder does not exist or cannot be read, ERR_INVALID_ARGUMENT for an option that is no path */
    static async open(options = {}) {
        check.options('ModelRegistry', options, ['registryDir', 'modelsDir']);
        const { registryDir = bundledRegistryDir(), modelsDir = bundledModelsDir() } = options;
        check.text('registryDir', registryDir, 'a path');
        check.text('modelsDir', modelsDir, 'a path');
        return new ModelRegistry(await existingFolder(registryDir, 'registryDir'), await existingFolder(modelsDir, 'modelsDir'), inOpen);
    }
    /** Every model that has a version, by name. Records are not read, so broken ones are listed too. */
    async list() {
        const names = (await folders(this.registryDir)).filter(isModelName).sort();
        const entries = await Promise.all(names.map(async (name) => ({ name, versions: await this.#versions(name) })));
        return entries.filter(({ versions }) => versions.length > 0);
    }
    /** Versions of a model, ascending. @throws ERR_MODEL_NOT_FOUND when there is none, ERR_INVALID_ARGUMENT */
    async versions(name) {
        checkName(name);
        const versions = await this.#versions(name);
        if (versions.length === 0) {
            throw torchError('ERR_MODEL_NOT_FOUND', `Expected a model of the registry but received ${describe(name)}`);
        }
        return versions;
    }
    /**
     * The record of one version, checked.
     * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_MANIFEST, ERR_INTEGRITY (a link out of the registry), ERR_INVALID_ARGUMENT
     */
    async record(name, version) {
        checkVersion(version);
        const versions = await this.versions(name);
        if (!versions.includes(version))
            throw noSuchVersion(name, versions, describe(version));
        const where = `${name} ${version}`;
        try {
            const path = await containedPath(this.registryDir, name, version, 'metadata.json');
            const text = await readSmallFile(path, `the record of ${where}`, maxRecordBytes);
            // The schema's libraries take a quarter of a second to load, and a program that only loads models needs none of it.
            const { parseRecord } = await import('./manifest.js');
            return parseRecord(text, where, { name, version });
        }
        catch (error) {
            throw unreadable(error, 'ERR_MANIFEST', `metadata.json of ${where}`);
        }
    }
    /**
     * The record of a version, or, when none is named, of the only one or of v1.0.
     * @throws as `record`; ERR_VERSION_NOT_FOUND also when several versions are there and none of them is v1.0
     */
    async resolve(name, version) {
        if (version !== undefined)
            return this.record(name, version);
        const versions = await this.versions(name);
        const chosen = defaultVersion(versions);
        if (chosen === undefined)
            throw noSuchVersion(name, versions, 'none, which means v1.0');
        return this.record(name, chosen);
    }
    /**
     * Where a record's artifact lies. Its content is not looked at: whoever loads it passes the record's sha256 along, so
     * that the bytes that are hashed are the bytes that are loaded.
     * @throws ERR_INTEGRITY when it is missing or links out of the models' folder, ERR_INVALID_ARGUMENT for unsafe names
     */
    async artifactPath({ name, version, artifact }) {
        checkName(name);
        checkVersion(version);
        if (!isFileName(artifact.file)) {
            throw torchError('ERR_INVALID_ARGUMENT', `Expected a plain file name but received ${describe(artifact.file)}`);
        }
        try {
            return await containedPath(this.modelsDir, name, version, artifact.file);
        }
        catch (error) {
            throw unreadable(error, 'ERR_INTEGRITY', `artifact ${artifact.file} of ${name} ${version}`);
        }
    }
    /** Hashes the artifact again. @throws ERR_INTEGRITY when it is missing or not what the record says; as `record` */
    async verify(name, version) {
        const record = await this.record(name, version);
        const what = `artifact ${record.artifact.file} of ${name} ${version}`;
        const path = await this.artifactPath(record);
        const digest = await digestFile(path, what).catch((error) => {
            throw unreadable(error, 'ERR_INTEGRITY', what);
        });
        const { sha256, bytes } = record.artifact;
        if (digest.sha256 !== sha256 || digest.bytes !== bytes) {
            throw torchError('ERR_INTEGRITY', `Expected ${what} to be ${bytes} bytes with sha256 ${sha256} but found ${digest.bytes} bytes with ${digest.sha256}`);
        }
        return digest;
    }
    async #versions(name) {
        try {
            const path = await containedPath(this.registryDir, name);
            return (await folders(path)).filter(isVersion).sort(compareVersions);
        }
        catch (error) {
            if (['ENOENT', 'ENOTDIR'].includes(codeOf(error)))
                return [];
            throw error;
        }
    }
}
function unreadable(error, code, what) {
    const system = codeOf(error);
    // Our own errors say it already.
    if (system.startsWith('ERR_'))
        return error;
    return torchError(code, `Expected ${what} to be readable (${system})`, { cause: error });
}
function noSuchVersion(name, versions, received) {
    return torchError('ERR_VERSION_NOT_FOUND', `Expected one of ${versions.join(', ')} of ${name} but received ${received}`);
}
