/** What is pinned of a wheel. */
export function wheel(project, [file, bytes, sha256], files) {
    const [, version = '', , abi = '', tags = ''] = file.replace(/\.whl$/, '').split('-');
    const isPlain = abi === 'none';
    return { project, version, file, bytes, sha256, abi: isPlain ? 'none' : 'cp311', platforms: tags.split('.'), files };
}
export const libraries = (folder, names) => names.map((name) => ({ from: `${folder}/${name}`, to: `lib/${name}` }));
