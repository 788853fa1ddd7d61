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

/** Linux counts processor time for programs in hundredths of a second. */
const TICKS = 100;

/** User and system time of a process, of all below it, and of those below it that have ended. */
export function treeSeconds(pid: number): number {
  return processTree(pid).reduce((sum, id) => {
    // The fields behind the name, which may hold anything: utime, stime, cutime, cstime are the 12th to 15th.
    const fields = read(`/proc/${id}/stat`).split(') ').at(-1)!.split(' ');
    return sum + fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) / TICKS;
  }, 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
