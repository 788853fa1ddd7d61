import { main } from '../../client/main';

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs one command line in this process, with nothing of this machine's environment. */
export async function sqlift(
  argv: readonly string[],
  { env = {}, cwd = process.cwd() }: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Output> {
  let stdout = '';
  let stderr = '';
  const streams = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    stdin: {},
  };
  const code = await main(argv, { streams, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, cwd });
  return { code, stdout, stderr };
}
