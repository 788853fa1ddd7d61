import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { managedStatus, startManaged, stopManaged, type ManagedProcess } from '../../stack';
import { startMark } from '../../stack/liveness';

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'sqlift-process-'));
});

afterEach(async () => {
  await stopManaged(home, 'job', { graceMs: 100 });
  rmSync(home, { recursive: true, force: true });
});

/** A Node process that runs `script`, and is ready as soon as its log holds `word`. */
const job = (script: string, more: Partial<ManagedProcess> = {}, word = 'ready'): ManagedProcess => ({
  name: 'job',
  command: process.execPath,
  args: ['-e', `${script}; setInterval(() => {}, 1000)`],
  ready: async () => {
    if (!log().includes(word)) throw new Error('not yet');
  },
  ...more,
});

const log = (): string => readFileSync(path.join(home, 'logs', 'job.log'), 'utf8');

test('a process is started once, is known by name, and is gone after stop', async () => {
  const first = await startManaged(home, job(`console.log('ready')`));
  expect(first).toMatchObject({ name: 'job', started: true });
  expect(await startManaged(home, job(`console.log('ready')`))).toEqual({ ...first, started: false });
  expect(managedStatus(home, 'job')).toEqual({ name: 'job', pid: first.pid, log: first.log });

  expect(await stopManaged(home, 'job')).toBe(true);
  expect(startMark(first.pid)).toBeUndefined();
  expect(managedStatus(home, 'job')).toBeUndefined();
  expect(await stopManaged(home, 'job')).toBe(false);
});

test('start waits until the process is ready', async () => {
  const began = Date.now();
  await startManaged(home, job(`setTimeout(() => console.log('ready'), 700)`));
  expect(Date.now() - began).toBeGreaterThan(600);
});

test('a process that ends before it is ready is an error with the end of its log, and leaves no record', async () => {
  const started = startManaged(home, job(`console.error('no disk left'); process.exit(3)`));
  await expect(started).rejects.toMatchObject({
    code: 'StackFailed',
    message: expect.stringContaining('no disk left'),
  });
  expect(managedStatus(home, 'job')).toBeUndefined();
});

test('a process that never becomes ready is an error and does not go on running', async () => {
  await expect(startManaged(home, job(`console.log('pid', process.pid)`, { readyMs: 600 }))).rejects.toMatchObject({
    code: 'StackFailed',
    message: expect.stringContaining('did not become ready in time'),
  });
  expect(startMark(Number(/pid (\d+)/.exec(log())![1]))).toBeUndefined();
});

test('a program that does not exist is an error that names it', async () => {
  await expect(startManaged(home, { ...job(''), command: '/no/such/program' })).rejects.toMatchObject({
    code: 'StackFailed',
    message: expect.stringContaining('/no/such/program'),
  });
});

test('a process that ignores the signal is killed after its grace, together with its children', async () => {
  const script = `process.on('SIGTERM', () => {});
    const child = require('child_process').spawn('sleep', ['600']);
    console.log('child', child.pid); console.log('ready')`;
  const { pid } = await startManaged(home, job(script));
  const child = Number(/child (\d+)/.exec(log())![1]);
  expect(startMark(child)).toBeDefined();
  expect(await stopManaged(home, 'job', { graceMs: 300 })).toBe(true);
  expect([startMark(pid), startMark(child)]).toEqual([undefined, undefined]);
});

test('a record whose pid belongs to a later process is not ours: it is neither shown nor stopped', async () => {
  await startManaged(home, job(`console.log('ready')`));
  await stopManaged(home, 'job');
  const record = { pid: process.pid, mark: `${startMark(process.pid)}0`, stopSignal: 'SIGKILL' };
  writeFileSync(path.join(home, 'run', 'job.json'), JSON.stringify(record));
  expect(managedStatus(home, 'job')).toBeUndefined();
  expect(await stopManaged(home, 'job')).toBe(false);
});

test('logs of earlier starts are kept', async () => {
  await startManaged(home, job(`console.log('first')`, {}, 'first'));
  await stopManaged(home, 'job');
  await startManaged(home, job(`console.log('second')`, {}, 'second'));
  expect(log()).toMatch(/first\n[^]*second\n/);
});
