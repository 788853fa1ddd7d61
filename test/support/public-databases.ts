import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Folder of the public databases, beside the checkout; users don't have it. */
export const publicFolder = path.resolve(__dirname, '../../../shared/data/public');

/** The public SQLite databases, relative to their folder; none where it is not there. */
export const publicDatabases: string[] = existsSync(publicFolder)
  ? ['sqlite', 'geo', 'spider', 'chroma/philosopher', 'chroma/chroma_0424', 'chroma/chroma_159'].flatMap((folder) =>
      readdirSync(path.join(publicFolder, folder))
        .filter((name) => /\.(sqlite3?|db|gpkg|mbtiles)$|^chrome_History/.test(name))
        .map((name) => path.join(folder, name)),
    )
  : [];

/** A name for a plan and its schema, made of a file's. */
export function planNameOf(file: string): string {
  return file
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
}
