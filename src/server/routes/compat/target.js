/** The model that a path names. */
export function targetOf({ model = '', version }) {
    return { model, version };
}
