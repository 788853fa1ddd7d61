import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/**
 * Bytes of memory that a process and all below it occupy now. On Linux what several of them share counts once, where the
 * system lets us see it (PSS); elsewhere each counts whole (RSS). 0 when it does not run.
 */
export function treeMemory(pid: number): number {
  const processes = process.platform === 'linux' ? linuxProcesses() : psProcesses();
  const bytesOf = (id: number): number => {
    const below = processes.filter(({ parent }) => parent === id).reduce((sum, child) => sum + bytesOf(child.id), 0);
    return below + (processes.find((one) => one.id === id)?.bytes() ?? 0);
  };
  return bytesOf(pid);
}

interface Process {
  id: number;
  parent: number;
  bytes: () => number;
}

function linuxProcesses(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      // The command's name, in parentheses, may hold spaces and parentheses: fields count from behind it.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return stat === '' ? [] : [{ id: Number(name), parent, bytes: () => linuxBytes(name) }];
    });
}

function linuxBytes(pid: string): number {
  const shared = /^Pss:\s*(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  const resident = shared ?? /^VmRSS:\s*(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(resident ?? 0) * 1024;
}

function psProcesses(): Process[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,rss='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [id = 0, parent = 0, kilobytes = 0] = line.trim().split(/\s+/).map(Number);
    return { id, parent, bytes: () => kilobytes * 1024 };
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
