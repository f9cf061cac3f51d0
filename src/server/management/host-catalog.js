/** What a program's own host may load: what it was opened with, and what its registry holds. The host itself knows both. */
export class HostCatalog {
    /** Nobody else's list says what the host should have. */
    given() {
        return Promise.resolve([]);
    }
    find(name, version) {
        const versions = version === undefined ? [] : [version];
        const spec = { name, ...(version !== undefined && { versions }) };
        return Promise.resolve([{ name, versions, spec, options: '' }]);
    }
}
