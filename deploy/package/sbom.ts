/** What of a `package-lock.json` is read here. */
export interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly name?: string }>>;
}

/** A package as it lies on the disk: `node_modules/pg`. */
export interface BundledPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

/** CycloneDX, as `npm sbom` writes it. */
export interface Sbom {
  readonly metadata: { readonly component: { readonly version: string } };
  readonly components: readonly { readonly name: string; readonly version: string }[];
}

/**
 * The packages that bundles are made of, by name. Pure.
 *
 * @param inputs - the files that went into them, from the project's root on, as esbuild names them
 */
export function bundledPackages(inputs: readonly string[], { packages }: LockFile): readonly BundledPackage[] {
  const folders = new Set(inputs.flatMap((input) => FOLDER.exec(input)?.[0] ?? []));
  const found = [...folders].map((folder) => {
    const { version = '', name = folder.replace(/^.*node_modules\//, '') } = packages[folder] ?? {};
    return { folder, name, version };
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The innermost, as lock files name it; where a project's `node_modules` is a link, names begin outside of the project. */
const FOLDER = /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/;

/**
 * Reduces npm's list of a whole checkout to the packages that the bundles hold. Pure. The result is the same for the same
 * lock file: it leaves out npm's time and random number.
 *
 * @param all - what `npm sbom --sbom-format cyclonedx` prints
 * @see https://cyclonedx.org/docs/1.5/json/
 */
export function sbomOf(all: Sbom, bundled: readonly BundledPackage[]) {
  const { version } = all.metadata.component;
  const component = { type: 'application', name: 'pgvouch', version, purl: `pkg:npm/pgvouch@${version}` };
  const isBundled = (one: { name: string; version: string }) =>
    bundled.some(({ name, version: held }) => name === one.name && held === one.version);
  // Whose development tool something is, is nothing that whoever runs the bundles asks.
  const components = all.components.filter(isBundled).map((one) => ({ ...one, scope: 'required', properties: [] }));
  return { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, metadata: { component }, components };
}
