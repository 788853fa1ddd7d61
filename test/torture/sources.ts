import path from 'node:path';
import { CommandLine } from '../end-to-end/command-line';
import { makeTorture } from '../stores/sqlite/fixtures';
import { Migrated } from './migrated';

/** The torture files that are migrated whole, by what the tests call them. */
const FILES = {
  main: 'torture.db',
  utf16: 'torture_utf16.db',
  wide: 'torture_wide.db',
  integrity: 'torture_integrity.db',
  foreign: 'torture_foreign.db',
  wal: 'torture_wal/copy.db',
} as const;

export type Source = keyof typeof FILES;

export interface Torture {
  shell: CommandLine;
  /** Folder of the torture files. */
  files: string;
  migrated: Record<Source, Migrated>;
}

/** What every test of a trap works with. Filled before the first test. */
export const torture = {} as Torture;

/** The migrated torture.db, where most traps are. */
export const main = (): Migrated => torture.migrated.main;

/** Makes the torture files and migrates each once, by a plan that nobody edited, as a person would: through the command line. */
export async function tortureOpen(): Promise<void> {
  const shell = await CommandLine.open();
  const files = makeTorture(shell.folder);
  const migrated: Partial<Record<Source, Migrated>> = {};
  for (const [source, file] of Object.entries(FILES) as [Source, string][]) {
    const whole = path.join(files, file);
    const report = await shell.migrate([whole, '--yes', '--accept-quarantine']);
    migrated[source] = await Migrated.open(whole, report, shell.database.url);
  }
  Object.assign(torture, { shell, files, migrated });
}

export async function tortureClose(): Promise<void> {
  for (const one of Object.values(torture.migrated)) await one.close();
  await torture.shell.close();
}
