// Where the project lives: package.json's `repository`, `homepage` and `bugs`. Nothing of it is in the sources. It is read here alone.

const needed = ['repository', 'homepage', 'bugs'];

/**
 * From `NODE_LIBTORCH_REPOSITORY`, the https address of the repository, or from what GitHub's own runs say. On GitHub the
 * other two follow from it; elsewhere `NODE_LIBTORCH_HOMEPAGE` and `NODE_LIBTORCH_BUGS` name them. Empty where nothing is known.
 * @throws for what is not an https address
 */
export function identity(env = process.env) {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = env;
  const onGitHub = GITHUB_SERVER_URL && GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;
  const given = env.NODE_LIBTORCH_REPOSITORY || onGitHub;
  if (!given) return {};
  const repository = address('NODE_LIBTORCH_REPOSITORY', given);
  const isGitHub = repository === onGitHub || new URL(repository).host === 'github.com';
  const homepage = env.NODE_LIBTORCH_HOMEPAGE || (isGitHub && `${repository}#readme`);
  const bugs = env.NODE_LIBTORCH_BUGS || (isGitHub && `${repository}/issues`);
  return {
    repository: { type: 'git', url: `git+${repository}.git` },
    ...(homepage && { homepage: address('NODE_LIBTORCH_HOMEPAGE', homepage) }),
    ...(bugs && { bugs: { url: address('NODE_LIBTORCH_BUGS', bugs) } }),
  };
}

function address(variable, text) {
  const fits = URL.canParse(text) && new URL(text).protocol === 'https:' && new URL(text).host !== '';
  if (fits) return text.replace(/(\.git)?\/*$/, '');
  throw new Error(
    `Expected ${variable} to be an https address, such as https://github.com/OWNER/NAME, but received ${text}`,
  );
}

/**
 * What npm's page links to, and what its provenance asks for.
 * @param manifest what `identity` gave, or a package.json @throws naming what it lacks, and how to set it
 */
export function requireIdentity(manifest, name = 'package.json') {
  const missing = needed.filter((member) => manifest[member] === undefined);
  if (missing.length === 0) return;
  throw new Error(
    `Expected ${name} to have ${needed.join(', ')} for publishing, but it lacks ${missing.join(', ')}\n` +
      '  fix: set NODE_LIBTORCH_REPOSITORY=https://github.com/OWNER/NAME; for a repository elsewhere also\n' +
      '       NODE_LIBTORCH_HOMEPAGE and NODE_LIBTORCH_BUGS',
  );
}

/** Where a file of the repository is shown, at the tag of a version; undefined where the repository is not known. */
export function fileAddress({ repository } = identity(), version) {
  if (repository === undefined) return undefined;
  const base = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  return (path, isImage) => `${base}/${isImage ? 'raw' : 'blob'}/v${version}/${path}`;
}
