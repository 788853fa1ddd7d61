import type { LogLevel, Logger, LogMetadata } from '@temporalio/worker';
import pino from 'pino';

/** The worker's log: one JSON object a line on stdout, with run, table and chunk where Temporal's context has them. */
export function jsonLogger(): Logger {
  const log = pino({
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    level: process.env.SQLIFT_LOG_LEVEL || 'info',
  });
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => log[LEVELS[level]](meta ?? {}, message);
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const satisfies Record<
  LogLevel,
  pino.Level
>;
