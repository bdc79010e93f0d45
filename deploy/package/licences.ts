import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BundledPackage } from './sbom.ts';

/** The licences of packages, word for word: whoever passes on their code passes those on with it. */
export async function licencesOf(project: string, packages: readonly BundledPackage[]): Promise<string> {
  const texts = await Promise.all(
    packages.map(async ({ folder, name, version }) => {
      const from = path.join(project, folder);
      const files = (await readdir(from)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
      const own = await Promise.all(files.map((file) => readFile(path.join(from, file), 'utf8')));
      const { license = 'unknown' } = JSON.parse(await readFile(path.join(from, 'package.json'), 'utf8'));
      return [`${name} ${version} (${license})`, ...own.map((text) => text.trim())].join('\n\n');
    }),
  );
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
