import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../../core/errors';
import type { ArtefactFile } from './target';

/** Writes the files into the folder; none of them when one is there already and `force` is not given. Throws UsageInvalid then. */
export function writeFiles(folder: string, files: readonly ArtefactFile[], force: boolean): void {
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new SqliftError('UsageInvalid', `${folder} is a file; the artefact needs a folder`, { file: folder });
  const there = files.map((file) => path.join(folder, file.path)).filter((file) => existsSync(file));
  if (there.length > 0 && !force)
    throw new SqliftError('UsageInvalid', `${there.join(', ')}: exists already; --force overwrites`, {
      file: there[0]!,
    });
  for (const file of files) {
    const full = path.join(folder, file.path);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, file.text);
  }
}
