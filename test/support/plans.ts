import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { draftPlan } from '../../core/draft';
import type { Plan } from '../../core/plan';
import { copyToLook } from '../../stores/sqlite/look';
import { profileSource } from '../../stores/sqlite/profile';
import { takeSnapshot } from '../../stores/sqlite/snapshot';

/** The plan that nobody edited: drafted from a snapshot of the file, as the CLI does it. */
export async function draftOf(file: string, name: string, schema = name.replaceAll('-', '_')): Promise<Plan> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-draft-'));
  try {
    const copy = path.join(folder, 'copy.sqlite');
    await takeSnapshot({ source: file, destination: copy });
    return draftPlan({
      name,
      sources: [{ name: 'main', path: path.resolve(file), schema, ...(await profileSource(copy)) }],
    }).plan;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same of a folder, or file, of documents. */
export async function draftOfFolder(source: string, name: string, schema = name.replaceAll('-', '_')): Promise<Plan> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-draft-'));
  try {
    const at = path.join(folder, 'copy.sqlite');
    const { collections } = await copyToLook(source, at, { files: {} });
    const found = { name: 'main', path: path.resolve(source), schema, ...(await profileSource(at)) };
    return draftPlan({ name, sources: [{ ...found, ...(collections && { collections }) }] }).plan;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
