import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { SqliftError } from '../../core/errors';

/**
 * What a run keeps outside the target: its plan, its snapshots, its mapping, its report. Keys look like paths
 * (`runs/RUN/plan.yaml`); everything under a run's prefix goes when its rollback window ends. Readable by the owner only.
 */
export class LocalArtifacts {
  constructor(readonly root: string) {}

  /** Where the artifact is or will be. Refuses keys that would leave the root. */
  path(key: string): string {
    const file = path.resolve(this.root, key);
    if (!file.startsWith(path.resolve(this.root) + path.sep))
      throw new SqliftError('Internal', `artifact key leaves the root: ${key}`);
    return file;
  }

  /** Makes the folder that files of this key's prefix go to. */
  async prepare(key: string): Promise<string> {
    const file = this.path(key);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    return file;
  }

  /** Stores the content whole or not at all; replaces what was there. Gives its SHA-256 in hex. */
  async put(key: string, content: string | Buffer): Promise<string> {
    const file = this.path(key);
    const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      await this.prepare(key);
      const handle = await open(temporary, 'w', 0o600);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw artifactError(error, file);
    }
    return createHash('sha256').update(content).digest('hex');
  }

  /** The content; with `sha256`, checked against it. */
  async get(key: string, sha256?: string): Promise<Buffer> {
    const file = this.path(key);
    let content: Buffer;
    try {
      content = await readFile(file);
    } catch (error) {
      throw artifactError(error, file);
    }
    if (sha256 !== undefined && createHash('sha256').update(content).digest('hex') !== sha256) {
      throw new SqliftError('ArtifactMissing', `${path.basename(file)} is not what the run stored there`, { file });
    }
    return content;
  }

  async has(key: string): Promise<boolean> {
    return stat(this.path(key)).then(
      () => true,
      () => false,
    );
  }

  /** Removes an artifact or everything under a prefix. Succeeds when there is nothing. */
  async remove(key: string): Promise<void> {
    const target = this.path(key);
    // Snapshots are read-only files; on some systems that hinders removal.
    await chmod(target, 0o700).catch(() => {});
    await rm(target, { recursive: true, force: true });
  }
}

function artifactError(error: unknown, file: string): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return new SqliftError('ArtifactMissing', `${file} is missing`, { file }, { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SqliftError('DiskFull', `no space left in ${path.dirname(file)}`, { file }, { cause: error });
  return error as Error;
}
