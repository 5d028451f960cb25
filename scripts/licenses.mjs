import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The license texts of the packages in a bundle. The licenses require that we distribute them.
 *
 * @param {readonly string[]} moduleIds absolute paths of the bundled modules
 * @returns {string}
 */
export function formatLicenses(moduleIds) {
  const folders = new Set(moduleIds.flatMap((id) => packageFolder(id) ?? []));
  const sections = [...folders].map((folder) => {
    /** @type {{ name: string, version: string, license?: string }} */
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text =
      file === undefined
        ? 'No license file in the package.'
        : readFileSync(join(folder, file), 'utf8');
    return `${name} ${version} (${license ?? 'see below'})\n\n${text.trim()}\n`;
  });
  return [...new Set(sections)].sort().join(`\n${'-'.repeat(80)}\n\n`);
}

/** @param {string} moduleId */
function packageFolder(moduleId) {
  const folder = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(moduleId)?.[0];
  return folder !== undefined && existsSync(join(folder, 'package.json')) ? folder : undefined;
}
