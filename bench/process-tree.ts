import { readFileSync } from 'node:fs';

/** What Linux says of running processes. Elsewhere there is no /proc, and nothing is known. */

/** Field of /proc/PID/status in MiB: `VmRSS` is what the process occupies now, `VmHWM` the most it ever did. 0 once it is gone. */
export function memoryMib(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

/** A process and all below it. */
export function processTree(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(processTree)];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
