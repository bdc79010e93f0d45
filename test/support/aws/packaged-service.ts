import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { testStateDir } from '../servers/ceph.ts';
import type { Template } from './template.ts';

const root = resolve(import.meta.dirname, '../../..');

export interface PackageRun {
  readonly exitCode: number;
  /** Everything the command printed. */
  readonly output: string;
  /** Where the template and the zips are. */
  readonly folder: string;
}

export interface PackagedService {
  /** Runs the real `serverless package` with these variables and nothing else of ours. */
  run(env: Record<string, string>): Promise<PackageRun>;
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * A copy of this service to package, with placeholders for the client layers of these architectures: building the real
 * ones takes a download, and what is in them is not the template's affair.
 *
 * @param scratch - extensions that the scratch server's layer was asked for, and those that had no room in it
 */
export async function copyService(
  architectures: readonly ('amd64' | 'arm64')[],
  scratch: { readonly asked?: readonly string[]; readonly left?: readonly string[] } = {},
): Promise<PackagedService> {
  const { asked = [], left = [] } = scratch;
  const folder = await mkdtemp(join(tmpdir(), 'pgvouch-package-'));
  for (const entry of ['serverless.yml', 'package.json', 'functions', 'layers', 'events', 'deploy']) {
    await cp(join(root, entry), join(folder, entry), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const major of [15, 17, 18]) {
    for (const architecture of architectures) {
      const bin = join(folder, `.pgvouch/layers/pg-client-${major}-${architecture}/pg-client/${major}/bin`);
      await mkdir(bin, { recursive: true });
      await writeFile(join(bin, 'pg_dump'), '#!/bin/sh\n', { mode: 0o755 });
    }
  }
  for (const architecture of architectures) {
    const bin = join(folder, `.pgvouch/layers/scratch-postgres-18-${architecture}/scratch-postgres/bin`);
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'postgres'), '', { mode: 0o755 });
    const contents = { extensions: asked, locales: ['en_US.UTF-8'], left };
    await writeFile(join(bin, '../../layer.json'), JSON.stringify(contents));
  }
  let runs = 0;
  return {
    folder,
    run: (env) => runPackage(folder, join(folder, `packaged-${++runs}`), env),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The template that a run wrote. */
export async function templateOf(run: PackageRun): Promise<Template> {
  const file = join(run.folder, 'cloudformation-template-update-stack.json');
  return JSON.parse(await readFile(file, 'utf8')) as Template;
}

function runPackage(cwd: string, folder: string, env: Record<string, string>): Promise<PackageRun> {
  const program = join(root, 'node_modules/serverless/bin/serverless.js');
  return new Promise((done) => {
    execFile(
      process.execPath,
      [program, 'package', '--package', folder],
      // No credentials, and a proxy that nobody listens on: whoever asks the network fails.
      { cwd, env: { PATH: process.env.PATH, HOME: cwd, ...COMPILED, HTTP_PROXY: NOBODY, HTTPS_PROXY: NOBODY, ...env } },
      (error, stdout, stderr) => {
        const exitCode = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
        done({ exitCode, output: `${stdout}${stderr}`, folder });
      },
    );
  });
}

const NOBODY = 'http://127.0.0.1:1';
/** The framework compiles its schema of serverless.yml once, and not in each run: that takes seconds. */
const COMPILED = { SLS_SCHEMA_CACHE_BASE_DIR: testStateDir };
